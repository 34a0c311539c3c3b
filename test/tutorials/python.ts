import { findTool } from "../support/tools.ts";

/** A Python with what docs/examples/requirements.txt names. */
export const findPython = (): ReturnType<typeof findTool> =>
  findTool("websockets-for-python", "EXAMPLES_PYTHON", ["-c", "import websockets"], "python3");
