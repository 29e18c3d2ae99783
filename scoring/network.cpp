#include "scoring/network.h"

#include <algorithm>
#include <cassert>

#include "models/weights/groups.h"
#include "models/weights/weights_generated.h"

namespace barker {
namespace {

VectorView vector_of(const WeightFile& file, const std::string& name) {
  const std::span<const float> values = file.floats(name);
  return vector_view(values.data(), values.size());
}

MatrixView matrix_of(const WeightFile& file, const std::string& name, size_t rows) {
  const std::span<const float> values = file.floats(name);
  assert(rows > 0 && values.size() % rows == 0);
  return matrix_view(values.data(), rows, values.size() / rows);
}

// The layers "prefix.0", "prefix.1", ... for as long as the file has them.
std::vector<DenseLayer> bind_chain(const WeightFile& file, const std::string& prefix) {
  std::vector<DenseLayer> layers;
  for (;;) {
    const std::string name = prefix + "." + std::to_string(layers.size());
    const VectorView bias = vector_of(file, name + ".bias");
    if (!is_bound(bias)) return layers;
    layers.push_back({matrix_of(file, name + ".weight", bias.size()), bias});
    assert(layers.size() == 1 || layers.back().in() == layers[layers.size() - 2].out());
  }
}

void bind_attention(const WeightFile& file, Network& n) {
  const fbs::Architecture& a = file.architecture();
  n.attention_dim = a.attention_dim();
  n.attention_user_group = a.attention_user_group();
  n.attention_query_group = a.attention_query_group();
  n.attention_user = matrix_of(file, "attention.user", n.attention_dim);
  n.attention_query = matrix_of(file, "attention.query", n.attention_dim);
  n.attention_title = matrix_of(file, "attention.title", n.attention_dim);
  n.attention_score = vector_of(file, "attention.score");
  assert(n.attention_title.shape(1) == n.dim && n.attention_score.size() == n.attention_dim);
}

}  // namespace

Network Network::bind(const WeightFile& file) {
  const fbs::Architecture& a = file.architecture();
  const Element element = a.tables() == fbs::DType_F16 ? Element::kF16 : Element::kF32;
  Network n;
  n.dim = a.dim();
  n.rows = file.metadata().named_rows();
  n.keyword_rows = file.metadata().keyword_rows();
  n.folded_rows = a.folded_rows();
  for (const fbs::Group* group : *a.groups()) {
    n.groups.push_back({group->name()->str(), group->keywords(), group->max_tokens(),
                        group->hash_buckets(), group->first_bucket_row()});
    n.rows += group->hash_buckets();
  }
  n.embedding = Table(file.table("embedding"), element, n.rows, n.dim);
  const auto fold = [&](const char* name, uint32_t width) {
    return Table(file.table(name), element, n.folded_rows, width);
  };
  n.mlp = bind_chain(file, "mlp");
  if (!n.mlp.empty()) {
    assert(n.mlp[0].in() == (n.groups.size() + 1) * n.dim);
    n.main_weight = vector_of(file, "head.main.weight");
    n.main_bias = vector_of(file, "head.main.bias")(0);
    n.fold_target = fold("fold.target", n.mlp[0].out());
  }
  n.has_auxiliary = a.has_auxiliary();
  if (n.has_auxiliary) {
    if (!n.mlp.empty()) n.aux_weight = vector_of(file, "head.aux.weight");
    n.aux_bias = vector_of(file, "head.aux.bias")(0);
    bind_attention(file, n);
    n.fold_title = fold("fold.title", n.attention_dim);
  }
  n.dot_dim = a.dot_dim();
  if (n.dot_dim > 0) {
    n.dot_context = bind_chain(file, "dot.context");
    n.dot_target = matrix_of(file, "dot.target.weight", n.dot_dim);
    n.dot_target_bias = vector_of(file, "dot.target.bias");
    n.fold_dot = fold("fold.dot", n.dot_dim);
  }
  if (a.history_match()) n.match_weight = vector_of(file, "match.weight");
  if (a.match_inputs()) n.match_inputs = matrix_of(file, "match.inputs", kMatchInputs);
  if (n.matches_history()) {
    const auto is_history = [](const NetworkGroup& g) { return g.name == kHistoryGroup; };
    n.match_group =
        static_cast<uint32_t>(std::ranges::find_if(n.groups, is_history) - n.groups.begin());
  }
  n.main_scale = a.main_scale();
  n.main_offset = a.main_offset();
  n.aux_scale = a.aux_scale();
  n.aux_offset = a.aux_offset();
  n.compute = static_cast<Compute>(a.compute());
  n.compute_bound = a.compute_bound();
  n.screen = a.screen();
  return n;
}

}  // namespace barker
