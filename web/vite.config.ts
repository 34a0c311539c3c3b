import { defineConfig } from "vite";

const gateway = process.env["GATEWAY_URL"] ?? "http://127.0.0.1:8080";

/** `npm run dev:web` serves the page with live reload in front of a running gateway. */
export default defineConfig({
  root: import.meta.dirname,
  base: "/",
  server: {
    host: "127.0.0.1",
    proxy: {
      "/api": gateway,
      "/laptop": gateway,
      "/config.json": gateway,
      "/cable": { target: gateway, ws: true },
    },
  },
  build: {
    outDir: "dist",
    emptyOutDir: true,
    target: "es2022",
    sourcemap: false,
    // The page's Content-Security-Policy allows neither inline scripts nor data addresses of scripts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
