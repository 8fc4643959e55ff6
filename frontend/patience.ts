// What the tests wait for comes; how long it takes is the machine's load.
import { vi } from "vitest";

const waitFor = vi.waitFor;
vi.waitFor = (callback, options) => waitFor(callback, options ?? { timeout: 4_000 });
