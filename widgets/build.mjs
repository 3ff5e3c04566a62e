// One self-contained ES module and one stylesheet a widget. Front ends load a widget from a blob: URL, where
// a relative import cannot resolve, so what the widgets share is bundled into each.
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

process.chdir(dirname(fileURLToPath(import.meta.url)));

const OUT = process.env.WORKBENCH_STATIC ?? "../workbench/static";
const WIDGETS = ["labeller", "explorer", "promoter"].filter((name) => existsSync(`src/${name}/index.ts`));

/** What the bundles were built from; tests/widgets/test_assets.py computes the same without Node. */
function stamp() {
  const sources = readdirSync("src", { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`.replaceAll("\\", "/"));
  const files = [...sources, "package-lock.json", "build.mjs", "tsconfig.json"].sort();
  const hash = createHash("sha256");
  for (const file of files) hash.update(`${file}\0${readFileSync(file, "utf8").replaceAll("\r\n", "\n")}\0`);
  return hash.digest("hex").slice(0, 16);
}

const note = `Built from widgets/src (${stamp()}) by "npm run build". Do not edit.`;
const options = {
  entryPoints: Object.fromEntries(WIDGETS.map((name) => [name, `src/${name}/index.ts`])),
  outdir: OUT,
  bundle: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
  banner: { js: `// ${note}`, css: `/* ${note} */` },
};

if (process.argv.includes("--watch")) {
  await (await esbuild.context({ ...options, logLevel: "info" })).watch();
} else {
  await esbuild.build(options);
}
