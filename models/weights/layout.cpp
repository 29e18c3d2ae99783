#include "models/weights/layout.h"

#include "models/weights/format.h"
#include "models/weights/writer.h"

namespace barker {
namespace {

// Weight and bias of each layer of a chain `in` -> outs[0] -> outs[1] ...
void add_chain(std::vector<TensorShape>& out, const std::string& prefix, uint64_t in,
               const std::vector<uint32_t>& outs) {
  for (size_t i = 0; i < outs.size(); ++i) {
    const std::string layer = prefix + "." + std::to_string(i);
    out.push_back({layer + ".weight", fbs::DType_F32, {outs[i], in}});
    out.push_back({layer + ".bias", fbs::DType_F32, {outs[i]}});
    in = outs[i];
  }
}

}  // namespace

LayoutSizes layout_sizes_of(const ModelSpec& model) {
  const ArchitectureSpec& a = model.architecture;
  LayoutSizes sizes;
  sizes.named_rows = model.names.size();
  sizes.rows = sizes.named_rows;
  for (const GroupSpec& group : a.groups) sizes.rows += group.hash_buckets;
  sizes.keyword_rows = model.keyword_rows;
  sizes.folded_rows = model.folded_rows > 0 ? model.folded_rows : model.keyword_rows;
  sizes.dim = a.dim;
  sizes.groups = a.groups.size();
  sizes.hidden = a.hidden;
  sizes.has_auxiliary = a.has_auxiliary;
  sizes.attention_dim = a.has_auxiliary ? a.attention_dim : 0;
  sizes.dot_dim = a.dot_dim;
  sizes.dot_hidden = a.dot_hidden;
  sizes.history_match = a.history_match;
  sizes.match_inputs = a.match_inputs;
  sizes.has_click_rates = !model.click_rates.is_empty();
  sizes.tables = a.tables == TableElement::kF16 ? fbs::DType_F16 : fbs::DType_F32;
  return sizes;
}

std::vector<TensorShape> tensor_layout(const LayoutSizes& s) {
  std::vector<TensorShape> out = {
      {"vocabulary.fingerprints", fbs::DType_U64, {s.named_rows}},
      {"vocabulary.slots", fbs::DType_U32, {kAnyExtent}},
      {"vocabulary.text_offsets", fbs::DType_U64, {s.named_rows + 1}},
      {"vocabulary.text", fbs::DType_U8, {kAnyExtent}},
      {"embedding", s.tables, {s.rows, s.dim}},
  };
  if (!s.hidden.empty()) {
    add_chain(out, "mlp", (s.groups + 1) * s.dim, s.hidden);
    out.push_back({"head.main.weight", fbs::DType_F32, {s.hidden.back()}});
    out.push_back({"head.main.bias", fbs::DType_F32, {1}});
    out.push_back({"fold.target", s.tables, {s.folded_rows, s.hidden.front()}});
  }
  if (s.has_auxiliary) {
    if (!s.hidden.empty()) out.push_back({"head.aux.weight", fbs::DType_F32, {s.hidden.back()}});
    out.push_back({"head.aux.bias", fbs::DType_F32, {1}});
    for (const char* part : {"attention.user", "attention.query", "attention.title"}) {
      out.push_back({part, fbs::DType_F32, {s.attention_dim, s.dim}});
    }
    out.push_back({"attention.score", fbs::DType_F32, {s.attention_dim}});
    out.push_back({"fold.title", s.tables, {s.folded_rows, s.attention_dim}});
  }
  if (s.dot_dim > 0) {
    std::vector<uint32_t> chain = s.dot_hidden;
    chain.push_back(static_cast<uint32_t>(s.dot_dim));
    add_chain(out, "dot.context", s.groups * s.dim, chain);
    out.push_back({"dot.target.weight", fbs::DType_F32, {s.dot_dim, s.dim}});
    out.push_back({"dot.target.bias", fbs::DType_F32, {s.named_rows}});
    out.push_back({"fold.dot", s.tables, {s.folded_rows, s.dot_dim}});
  }
  if (s.history_match) out.push_back({"match.weight", fbs::DType_F32, {2}});
  // Without a first layer they have no shape; reader and writer refuse such a model.
  if (s.match_inputs && !s.hidden.empty()) {
    out.push_back({"match.inputs", fbs::DType_F32, {kMatchInputs, s.hidden.front()}});
  }
  if (s.has_click_rates) {
    out.push_back({"rates.queries", fbs::DType_U64, {kAnyExtent}});
    out.push_back({"rates.begins", fbs::DType_U32, {kAnyExtent}});
    out.push_back({"rates.rows", fbs::DType_U32, {kAnyExtent}});
    out.push_back({"rates.values", fbs::DType_F32, {kAnyExtent}});
    out.push_back({"rates.prior", fbs::DType_F32, {s.keyword_rows}});
    out.push_back({"rates.evidence", fbs::DType_F32, {s.keyword_rows}});
  }
  return out;
}

bool is_trained(const std::string& tensor) {
  return !tensor.starts_with("vocabulary.") && !tensor.starts_with("fold.") &&
         !tensor.starts_with("rates.");
}

size_t size_of(fbs::DType dtype) {
  switch (dtype) {
    case fbs::DType_F32:
    case fbs::DType_U32:
      return 4;
    case fbs::DType_F16:
    case fbs::DType_BF16:
      return 2;
    case fbs::DType_I8:
    case fbs::DType_U8:
      return 1;
    case fbs::DType_U64:
      return 8;
  }
  return 0;
}

}  // namespace barker
