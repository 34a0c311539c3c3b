import "./styles/base.css";
import "./styles/parts.css";
import "./styles/trade.css";
import { render } from "preact";
import { App } from "./app.tsx";
import { resumeSession } from "./state/session.ts";

await resumeSession().catch(() => undefined);
const root = document.getElementById("page");
if (root !== null) render(<App />, root);
