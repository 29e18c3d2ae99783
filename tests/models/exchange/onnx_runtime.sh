#!/usr/bin/env bash
# onnx_runtime.sh NODE BARKER_TRAIN WEIGHTS DIR: ONNX Runtime computes the golden logits from the
# exported graph. It needs the npm package onnxruntime-node in the directory that ONNXRUNTIME_NODE
# names, and skips (77) without it.
set -euo pipefail
node=$1 train=$2 weights=$3 dir=$4
if [ -z "${ONNXRUNTIME_NODE:-}" ]; then
  echo "skipped: ONNXRUNTIME_NODE names no directory with the npm package onnxruntime-node"
  exit 77
fi
rm -rf "$dir"
"$train" export "$weights" --safetensors "$dir/model" --onnx "$dir/model.onnx"
"$node" "$(dirname "$0")/onnx_runtime.mjs" "$dir/model.onnx" "$dir/model"
