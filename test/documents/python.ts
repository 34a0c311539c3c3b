import { findTool } from "../support/tools.ts";

/** A Python with the packages of docs/examples/requirements.txt. */
export const findPython = (): ReturnType<typeof findTool> =>
  findTool("websockets-for-python", "EXAMPLES_PYTHON", ["-c", "import websockets"], "python3");
