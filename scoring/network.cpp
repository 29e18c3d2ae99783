#include "scoring/network.h"

#include "models/weights/weights_generated.h"

namespace barker {
namespace {

const float* data(const WeightFile& file, const std::string& name) {
  return file.floats(name).data();
}

// The layers "prefix.0", "prefix.1", ... as far as the file has them.
std::vector<DenseLayer> bind_chain(const WeightFile& file, const std::string& prefix) {
  std::vector<DenseLayer> layers;
  for (;;) {
    const std::string layer = prefix + "." + std::to_string(layers.size());
    const std::span<const float> weight = file.floats(layer + ".weight");
    const std::span<const float> bias = file.floats(layer + ".bias");
    if (bias.empty()) return layers;
    layers.push_back({weight.data(), bias.data(),
                      static_cast<uint32_t>(weight.size() / bias.size()),
                      static_cast<uint32_t>(bias.size())});
  }
}

}  // namespace

Network Network::bind(const WeightFile& file) {
  const fbs::Architecture& a = file.architecture();
  const Element element = a.tables() == fbs::DType_F16 ? Element::kF16 : Element::kF32;
  const auto table = [&](const char* name, uint32_t width) {
    return Table{file.table(name), element, width};
  };
  Network n;
  n.dim = a.dim();
  n.embedding = table("embedding", n.dim);
  n.rows = file.metadata().named_rows();
  n.keyword_rows = file.metadata().keyword_rows();
  n.folded_rows = a.folded_rows();
  for (const fbs::Group* group : *a.groups()) {
    n.groups.push_back({group->name()->str(), group->keywords(), group->max_tokens(),
                        group->hash_buckets(), group->first_bucket_row()});
    n.rows += group->hash_buckets();
  }
  n.mlp = bind_chain(file, "mlp");
  if (!n.mlp.empty()) {
    n.main_weight = data(file, "head.main.weight");
    n.main_bias = file.floats("head.main.bias")[0];
    n.fold_target = table("fold.target", n.mlp[0].out);
  }
  n.has_auxiliary = a.has_auxiliary();
  if (n.has_auxiliary) {
    if (!n.mlp.empty()) n.aux_weight = data(file, "head.aux.weight");
    n.aux_bias = file.floats("head.aux.bias")[0];
    n.attention_dim = a.attention_dim();
    n.attention_user_group = a.attention_user_group();
    n.attention_query_group = a.attention_query_group();
    n.attention_user = data(file, "attention.user");
    n.attention_query = data(file, "attention.query");
    n.attention_title = data(file, "attention.title");
    n.attention_score = data(file, "attention.score");
    n.fold_title = table("fold.title", n.attention_dim);
  }
  n.dot_dim = a.dot_dim();
  if (n.dot_dim > 0) {
    n.dot_context = bind_chain(file, "dot.context");
    n.dot_target = data(file, "dot.target.weight");
    n.dot_target_bias = data(file, "dot.target.bias");
    n.fold_dot = table("fold.dot", n.dot_dim);
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
