// onnx_runtime.mjs MODEL.onnx DIR: runs the golden vectors of DIR through ONNX Runtime, and fails
// where a logit is further from the trainer's than the file's tolerance.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import process from "node:process";

const [model, directory] = process.argv.slice(2);
const ort = createRequire(process.env.ONNXRUNTIME_NODE + "/")("onnxruntime-node");
const read = (name) => readFileSync(`${directory}/${name}`, "utf8");
const rows = new Map(read("words.txt").trimEnd().split("\n").map((name, row) => [name, row]));
const toml = read("model.toml");
const tolerance = Number(/^golden_tolerance = (.*)$/m.exec(toml)[1]);
const groups = [...toml.matchAll(/\[\[group\]\]\nname = '(.*)'\nkeywords = (.*)/g)].map(
  ([, name, keywords]) => ({ name, prefix: keywords === "true" ? "" : `${name}=` }));

function row(name) {
  if (!rows.has(name)) throw new Error(`"${name}" has no row`);
  return BigInt(rows.get(name));
}
const ids = (values, shape) => new ort.Tensor("int64", BigInt64Array.from(values), shape);
const floats = (values, shape) => new ort.Tensor("float32", Float32Array.from(values), shape);

const session = await ort.InferenceSession.create(model);
let compared = 0, largest = 0;
for (const line of read("golden.jsonl").trimEnd().split("\n")) {
  const golden = JSON.parse(line);
  const inputs = {};
  for (const { name, prefix } of groups) {
    const given = golden.groups[name] ?? [];
    const words = Array.isArray(given) ? given.map((word) => [word, 1]) : Object.entries(given);
    const empty = words.length === 0;
    inputs[`${name}.rows`] = ids(empty ? [0n] : words.map(([w]) => row(prefix + w)), [words.length || 1]);
    inputs[`${name}.weights`] = floats(empty ? [0] : words.map(([, w]) => w), [words.length || 1]);
  }
  const candidates = golden.candidates.length > 0 ? golden.candidates.map(row) : [0n];
  inputs.candidates = ids(candidates, [candidates.length]);
  const titles = golden.titles ?? [];
  if (session.inputNames.includes("titles")) {
    const width = Math.max(1, ...titles.map((title) => title.length));
    const padded = (title, of, none) => Array.from({ length: width }, (_, i) => i < title.length ? of(title[i]) : none);
    const all = titles.length > 0 ? titles : [[]];
    inputs.titles = ids(all.flatMap((t) => padded(t, row, 0n)), [all.length, width]);
    inputs.title_words = floats(all.flatMap((t) => padded(t, () => 1, 0)), [all.length, width]);
  }
  const outputs = await session.run(inputs);
  const compare = (found, expected) => expected.forEach((logit, i) => {
    largest = Math.max(largest, Math.abs(found.data[i] - logit));
    ++compared;
  });
  compare(outputs.main_logit, golden.main_logits);
  if (titles.length > 0) compare(outputs.aux_logit, golden.aux_logits);
}
console.log(`${compared} logits, largest difference ${largest.toExponential(2)}, tolerance ${tolerance}`);
if (compared === 0 || !(largest <= tolerance)) process.exit(1);
