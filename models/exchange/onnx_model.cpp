#include "models/exchange/onnx_model.h"

#include <onnx/checker.h>
#include <onnx/onnx_pb.h>

#include <cstring>
#include <exception>
#include <initializer_list>
#include <limits>

#include "models/base/output_file.h"
#include "models/weights/layout.h"
#include "scoring/kernel_table.h"

namespace barker {
namespace {

constexpr int kOpset = 13;
constexpr int kIrVersion = 7;  // of opset 13
constexpr size_t kLargestMessage = std::numeric_limits<int32_t>::max();

using Shape = std::vector<uint64_t>;
using Dimensions = std::initializer_list<const char*>;  // names, because all of them may vary

// Adds nodes to a graph and gives their outputs names. A name in a call stands for a tensor.
class Graph {
 public:
  explicit Graph(onnx::GraphProto& graph) : graph_(graph) {}

  void input(const std::string& name, int type, Dimensions dimensions) {
    describe(*graph_.add_input(), name, type, dimensions);
  }

  void output(const std::string& from, const std::string& name, Dimensions dimensions) {
    name_node("Identity", {from}, name);
    describe(*graph_.add_output(), name, onnx::TensorProto::FLOAT, dimensions);
  }

  std::string node(const char* op, const std::vector<std::string>& inputs) {
    return name_node(op, inputs, std::string(op) + "." + std::to_string(++count_));
  }

  // A node with an integer attribute.
  std::string node(const char* op, const std::vector<std::string>& inputs, const char* attribute,
                   int64_t value) {
    const std::string out = node(op, inputs);
    onnx::AttributeProto& a = *graph_.mutable_node(graph_.node_size() - 1)->add_attribute();
    a.set_name(attribute);
    a.set_type(onnx::AttributeProto::INT);
    a.set_i(value);
    return out;
  }

  const std::string& floats(const std::string& name, const Shape& shape,
                            const std::vector<float>& values) {
    return constant(name, onnx::TensorProto::FLOAT, shape, values.data(),
                    values.size() * sizeof(float));
  }

  std::string number(float value) {
    return floats("number." + std::to_string(++count_), {1}, {value});
  }

  std::string integers(const std::vector<int64_t>& values) {
    return constant("integers." + std::to_string(++count_), onnx::TensorProto::INT64,
                    {values.size()}, values.data(), values.size() * sizeof(int64_t));
  }

  // x W^T, where W has the shape [out, in].
  std::string product(const std::string& x, const std::string& weight) {
    return node("MatMul", {x, node("Transpose", {weight})});
  }

  std::string sum(const std::string& x, int64_t axis, bool keeps_axis = false) {
    return node("ReduceSum", {x, integers({axis})}, "keepdims", keeps_axis ? 1 : 0);
  }

 private:
  std::string name_node(const char* op, const std::vector<std::string>& inputs,
                        const std::string& output) {
    onnx::NodeProto& node = *graph_.add_node();
    node.set_op_type(op);
    for (const std::string& input : inputs) node.add_input(input);
    node.add_output(output);
    return output;
  }

  static void describe(onnx::ValueInfoProto& value, const std::string& name, int type,
                       Dimensions dimensions) {
    value.set_name(name);
    onnx::TypeProto::Tensor& tensor = *value.mutable_type()->mutable_tensor_type();
    tensor.set_elem_type(type);
    for (const char* dimension : dimensions) {
      tensor.mutable_shape()->add_dim()->set_dim_param(dimension);
    }
  }

  const std::string& constant(const std::string& name, int type, const Shape& shape,
                              const void* data, size_t size) {
    onnx::TensorProto& tensor = *graph_.add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(type);
    for (const uint64_t extent : shape) tensor.add_dims(static_cast<int64_t>(extent));
    tensor.set_raw_data(data, size);
    return tensor.name();
  }

  onnx::GraphProto& graph_;
  int count_ = 0;
};

class Exporter {
 public:
  Exporter(const ModelSpec& model, onnx::GraphProto& graph)
      : model_(model), a_(model.architecture), graph_(graph) {}

  void run() {
    add_tensors();
    add_context();
    graph_.input("candidates", onnx::TensorProto::INT64, {"candidates"});
    const std::string target = graph_.node("Gather", {"embedding", "candidates"});
    std::string logit = logit_of(target, "head.main");
    if (a_.dot_dim > 0) {
      const std::string bias = graph_.node("Gather", {"dot.target.bias", "candidates"});
      logit = graph_.node("Add", {logit, bias});
    }
    add_outputs("main", logit, a_.main_scale, a_.main_offset, {"candidates"});
    if (a_.has_auxiliary) add_auxiliary();
  }

 private:
  void add_tensors() {
    for (const TensorShape& tensor : tensor_layout(layout_sizes_of(model_))) {
      if (!is_trained(tensor.name)) continue;
      graph_.floats(tensor.name, tensor.shape, model_.tensors.at(tensor.name));
    }
  }

  void add_context() {  // Eq. 4-5
    for (const GroupSpec& group : a_.groups) {
      const std::string rows = group.name + ".rows", weights = group.name + ".weights",
                        size = group.name + ".size";
      graph_.input(rows, onnx::TensorProto::INT64, {size.c_str()});
      graph_.input(weights, onnx::TensorProto::FLOAT, {size.c_str()});
      const std::string column = graph_.node("Unsqueeze", {weights, graph_.integers({1})});
      const std::string weighted =
          graph_.node("Mul", {graph_.node("Gather", {"embedding", rows}), column});
      // A total of weights below the least is that of an empty group, whose mean is the zero
      // vector.
      const std::string total = graph_.sum(weights, 0, true);
      const std::string least = graph_.number(kLeastTotal);
      const std::string mean =
          graph_.node("Div", {graph_.sum(weighted, 0, true), graph_.node("Max", {total, least})});
      const std::string holds = graph_.node("GreaterOrEqual", {total, least});
      pooled_.push_back(graph_.node("Where", {holds, mean, graph_.number(0)}));
    }
    context_ = graph_.node("Concat", pooled_, "axis", 1);  // [1, G*D]
    dot_context_ = context_;
    const size_t layers = a_.dot_dim > 0 ? a_.dot_hidden.size() + 1 : 0;
    for (size_t i = 0; i < layers; ++i) {
      dot_context_ = affine(dot_context_, "dot.context." + std::to_string(i));
      if (i + 1 < layers) dot_context_ = graph_.node("Relu", {dot_context_});
    }
  }

  std::string affine(const std::string& x, const std::string& layer) {
    return graph_.node("Add", {graph_.product(x, layer + ".weight"), layer + ".bias"});
  }

  // The columns [begin, end) of the first layer's weight.
  std::string columns(int64_t begin, int64_t end) {
    return graph_.node("Slice", {"mlp.0.weight", graph_.integers({begin}), graph_.integers({end}),
                                 graph_.integers({1})});
  }

  // Of targets [n, D], with the head of a task: Eq. 6-8 and the dot product, without its bias.
  std::string logit_of(const std::string& target, const std::string& head) {
    std::string logit;
    if (!a_.hidden.empty()) {
      const auto context = static_cast<int64_t>(a_.groups.size() * a_.dim);
      const std::string of_context =
          graph_.node("Add", {graph_.product(context_, columns(0, context)), "mlp.0.bias"});
      std::string h = graph_.node(
          "Add", {of_context, graph_.product(target, columns(context, context + a_.dim))});
      h = graph_.node("Relu", {h});
      for (size_t i = 1; i < a_.hidden.size(); ++i) {
        h = graph_.node("Relu", {affine(h, "mlp." + std::to_string(i))});
      }
      logit = graph_.sum(graph_.node("Mul", {h, head + ".weight"}), 1);
      logit = graph_.node("Add", {logit, head + ".bias"});
    }
    if (a_.dot_dim > 0) {
      const std::string projected = graph_.product(target, "dot.target.weight");
      const std::string dot = graph_.sum(graph_.node("Mul", {projected, dot_context_}), 1);
      if (!logit.empty()) return graph_.node("Add", {logit, dot});
      // Without layers an auxiliary head is its bias alone.
      logit = head == "head.aux" ? graph_.node("Add", {dot, "head.aux.bias"}) : dot;
    }
    return logit;
  }

  std::string group(const std::string& name) const {
    for (size_t g = 0; g < a_.groups.size(); ++g) {
      if (a_.groups[g].name == name) return pooled_[g];
    }
    return {};  // the writer of weight files refuses such a model
  }

  void add_auxiliary() {
    graph_.input("titles", onnx::TensorProto::INT64, {"titles", "words"});
    graph_.input("title_words", onnx::TensorProto::FLOAT, {"titles", "words"});
    const std::string words = graph_.node("Gather", {"embedding", "titles"});  // [t, w, D]
    const std::string base =
        graph_.node("Add", {graph_.product(group(a_.attention_user_group), "attention.user"),
                            graph_.product(group(a_.attention_query_group), "attention.query")});
    const std::string hidden =
        graph_.node("Tanh", {graph_.node("Add", {base, graph_.product(words, "attention.title")})});
    const std::string score =
        graph_.sum(graph_.node("Mul", {hidden, "attention.score"}), 2);  // Eq. 11, [t, w]
    const std::string is_word = graph_.node("Greater", {"title_words", graph_.number(0)});
    constexpr float kNoWord = -1e30f;  // exp of it is 0 beside any score
    const std::string masked = graph_.node("Where", {is_word, score, graph_.number(kNoWord)});
    // A title without words has the zero vector, which the second product gives it.
    const std::string attention =
        graph_.node("Mul", {graph_.node("Softmax", {masked}, "axis", 1), "title_words"});  // Eq. 12
    const std::string column = graph_.node("Unsqueeze", {attention, graph_.integers({2})});
    const std::string title = graph_.sum(graph_.node("Mul", {words, column}), 1);  // Eq. 13
    add_outputs("aux", logit_of(title, "head.aux"), a_.aux_scale, a_.aux_offset, {"titles"});
  }

  void add_outputs(const std::string& task, const std::string& logit, float scale, float offset,
                   Dimensions dimensions) {
    graph_.output(logit, task + "_logit", dimensions);
    const std::string calibrated = graph_.node(
        "Add", {graph_.node("Mul", {logit, graph_.number(scale)}), graph_.number(offset)});
    graph_.output(graph_.node("Sigmoid", {calibrated}), task + "_probability", dimensions);
  }

  const ModelSpec& model_;
  const ArchitectureSpec& a_;
  Graph graph_;
  std::vector<std::string> pooled_;  // [1, D] each
  std::string context_, dot_context_;
};

void add_metadata(onnx::ModelProto& onnx_model, const std::string& key, const std::string& value) {
  onnx::StringStringEntryProto& entry = *onnx_model.add_metadata_props();
  entry.set_key(key);
  entry.set_value(value);
}

}  // namespace

Status write_onnx_model(const ModelSpec& model, const std::string& path) {
  if (model.architecture.history_match || model.architecture.match_inputs) {
    return invalid_argument(path +
                            ": the ONNX graph cannot hold exact match (model.exact_match) "
                            "or match inputs (model.match_inputs) yet; "
                            "export the model as safetensors");
  }
  onnx::ModelProto onnx_model;
  onnx_model.set_ir_version(kIrVersion);
  onnx_model.set_producer_name("barker");
  onnx_model.add_opset_import()->set_version(kOpset);
  add_metadata(onnx_model, "name", model.card.name);
  add_metadata(onnx_model, "version", model.card.version);
  add_metadata(onnx_model, "model", model.card.model);
  add_metadata(onnx_model, "data_digest", model.card.data_digest);
  onnx_model.mutable_graph()->set_name(model.card.name);
  Exporter(model, *onnx_model.mutable_graph()).run();
  const size_t size = onnx_model.ByteSizeLong();
  if (size > kLargestMessage) {
    return invalid_argument(path + ": the model takes " + std::to_string(size) +
                            " bytes, and an ONNX file holds at most " +
                            std::to_string(kLargestMessage) + "; export it as safetensors");
  }
  try {
    onnx::checker::check_model(onnx_model);
  } catch (const std::exception& error) {
    return bad_data(path + ": ONNX's checker refuses the graph: " + error.what());
  }
  OutputFile file(path);
  file.write(onnx_model.SerializeAsString());
  return file.close();
}

}  // namespace barker
