import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

// Where it is about noon now: no day ends while the tests run. (The signs of these zones are turned round.)
const hours = 12 - new Date().getUTCHours();
const NOON = `Etc/GMT${hours < 0 ? "+" : "-"}${Math.abs(hours)}`;

// Relative base: the bundle works under any STATIC_URL, and chunks find each other beside themselves.
export default defineConfig({
  base: "./",
  publicDir: false,
  css: {
    preprocessorOptions: {
      scss: {
        quietDeps: true,
        // Bootstrap 5.3 is still written with @import and the global colour functions.
        silenceDeprecations: ["import", "global-builtin", "color-functions", "if-function"],
      },
    },
  },
  build: {
    outDir: fileURLToPath(new URL("../fangxian/common/static/dist", import.meta.url)),
    emptyOutDir: true,
    manifest: "manifest.json",
    // The content security policy allows no data: images or fonts.
    assetsInlineLimit: 0,
    target: "es2022",
    sourcemap: false,
    modulePreload: { polyfill: false },
    // The chart and the map are chunks of their own, loaded only by pages that show one.
    chunkSizeWarningLimit: 1200,
    rollupOptions: {
      input: ["islands/main.ts", "styles/main.scss", "field/main.tsx", "field/styles.scss", "field/sw.ts"],
    },
  },
  test: {
    environment: "happy-dom",
    include: ["islands/**/*.test.ts", "field/**/*.test.{ts,tsx}"],
    restoreMocks: true,
    env: { TZ: NOON },
    setupFiles: ["patience.ts"],
    // A machine of two cores would leave one to rest.
    maxWorkers: "100%",
  },
});
