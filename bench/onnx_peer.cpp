#include "bench/onnx_peer.h"

#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace barker {
namespace {

// ---- a graph in ONNX's protocol buffers: only the fields that are used here

class Message {
 public:
  void number(int field, uint64_t value) {
    varint(static_cast<uint64_t>(field) << 3);
    varint(value);
  }
  void bytes(int field, const std::string& value) {
    varint(static_cast<uint64_t>(field) << 3 | 2);
    varint(value.size());
    bytes_ += value;
  }
  const std::string& str() const { return bytes_; }

 private:
  void varint(uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>(value | 0x80);
    bytes_ += static_cast<char>(value);
  }
  std::string bytes_;
};

constexpr uint64_t kFloat = 1, kInt64 = 7;  // TensorProto.DataType

class Graph {
 public:
  void node(const char* op, const std::vector<std::string>& inputs, const std::string& output,
            const std::vector<std::string>& attributes = {}) {
    Message node;
    for (const std::string& input : inputs) node.bytes(1, input);
    node.bytes(2, output);
    node.bytes(4, op);
    for (const std::string& attribute : attributes) node.bytes(5, attribute);
    graph_.bytes(1, node.str());
  }
  static std::string integer(const char* name, uint64_t value) {
    Message attribute;
    attribute.bytes(1, name);
    attribute.number(3, value);
    attribute.number(20, 2);  // INT
    return attribute.str();
  }
  static std::string integers(const char* name, const std::vector<uint64_t>& values) {
    Message attribute;
    attribute.bytes(1, name);
    for (const uint64_t value : values) attribute.number(8, value);
    attribute.number(20, 7);  // INTS
    return attribute.str();
  }
  void constant(const std::string& name, const std::vector<uint64_t>& shape, const void* data,
                size_t size, uint64_t type = kFloat) {
    Message tensor;
    for (const uint64_t extent : shape) tensor.number(1, extent);
    tensor.number(2, type);
    tensor.bytes(8, name);
    tensor.bytes(9, std::string(static_cast<const char*>(data), size));
    graph_.bytes(5, tensor.str());
  }
  void floats(const std::string& name, const std::vector<uint64_t>& shape, const float* data) {
    uint64_t count = 1;
    for (const uint64_t extent : shape) count *= extent;
    constant(name, shape, data, count * sizeof(float));
  }
  void input(const std::string& name, const std::vector<uint64_t>& shape, uint64_t type) {
    graph_.bytes(11, value(name, shape, type));
  }
  void output(const std::string& name, const std::vector<uint64_t>& shape) {
    graph_.bytes(12, value(name, shape, kFloat));
  }
  std::string model() {
    graph_.bytes(2, "reference");
    Message operators, model;
    operators.number(2, 13);
    model.number(1, 7);  // IR version
    model.bytes(7, graph_.str());
    model.bytes(8, operators.str());
    return model.str();
  }

 private:
  static std::string value(const std::string& name, const std::vector<uint64_t>& shape,
                           uint64_t type) {
    Message dimensions;
    for (const uint64_t extent : shape) {
      Message dimension;
      dimension.number(1, extent);
      dimensions.bytes(1, dimension.str());
    }
    Message tensor, kind, info;
    tensor.number(1, type);
    tensor.bytes(2, dimensions.str());
    kind.bytes(1, tensor.str());
    info.bytes(1, name);
    info.bytes(2, kind.str());
    return info.str();
  }
  Message graph_;
};

// What the graph is given: tables, ids, and the layers. Returns the names of the pooled groups.
std::vector<std::string> add_inputs(Graph& g, const ReferenceShape& s, const Network& n) {
  const uint64_t h1 = n.mlp[0].out(), h2 = n.mlp[1].out(), dim = n.dim,
                 context = n.groups.size() * dim;
  // The tables are inputs, so that they are not copied into the model; layers are constants, so
  // that the runtime may pack them.
  g.input("embedding", {s.rows, dim}, kFloat);
  g.input("fold_target", {s.rows, h1}, kFloat);
  g.input("fold_title", {s.rows, dim}, kFloat);
  std::vector<std::string> pooled;
  for (size_t i = 0; i < n.groups.size(); ++i) {
    const std::string at = std::to_string(i);
    g.input("ids" + at, {i == 0 ? s.user : i == 1 ? s.query : s.group}, kInt64);
    g.node("Gather", {"embedding", "ids" + at}, "rows" + at);
    g.node("ReduceMean", {"rows" + at}, "pooled" + at,
           {Graph::integers("axes", {0}), Graph::integer("keepdims", 1)});
    pooled.push_back("pooled" + at);
  }
  g.input("targets", {uint64_t{s.ads} * s.selling_points_per_ad}, kInt64);
  g.input("titles", {s.ads, s.title}, kInt64);

  std::vector<float> w1;  // the context's columns
  for (uint64_t o = 0; o < h1; ++o) {
    const float* row = &n.mlp[0].weight(o, 0);
    w1.insert(w1.end(), row, row + context);
  }
  g.floats("w1", {h1, context}, w1.data());
  g.floats("b1", {h1}, n.mlp[0].bias.data());
  g.floats("w2", {h2, h1}, n.mlp[1].weight.data());
  g.floats("b2", {h2}, n.mlp[1].bias.data());
  g.floats("main", {h2, 1}, n.main_weight.data());
  g.floats("aux", {h2, 1}, n.aux_weight.data());
  g.floats("user", {dim, dim}, n.attention_user.data());
  g.floats("query", {dim, dim}, n.attention_query.data());
  g.floats("score", {dim, 1}, n.attention_score.data());
  return pooled;
}

std::string reference_graph(const ReferenceModel& model) {
  const ReferenceShape& s = model.shape();
  const Network n = model.network(Element::kF32, Compute::kF32);
  Graph g;
  const std::vector<std::string> pooled = add_inputs(g, s, n);
  const std::string transposed = Graph::integer("transB", 1);
  g.node("Concat", pooled, "context", {Graph::integer("axis", 1)});
  g.node("Gemm", {"context", "w1", "b1"}, "base", {transposed});
  const auto tail = [&](const std::string& rows, const std::string& head, const std::string& out) {
    g.node("Add", {rows, "base"}, out + ".sum");
    g.node("Relu", {out + ".sum"}, out + ".h1");
    g.node("Gemm", {out + ".h1", "w2", "b2"}, out + ".z2", {transposed});
    g.node("Relu", {out + ".z2"}, out + ".h2");
    g.node("MatMul", {out + ".h2", head}, out + ".logit");
    g.node("Sigmoid", {out + ".logit"}, out);
  };
  g.node("Gather", {"fold_target", "targets"}, "target_rows");
  tail("target_rows", "main", "p_targets");

  g.node("Gemm", {"pooled0", "user"}, "from_user", {transposed});
  g.node("Gemm", {"pooled1", "query"}, "from_query", {transposed});
  g.node("Add", {"from_user", "from_query"}, "from_both");
  g.node("Gather", {"fold_title", "titles"}, "title_rows");
  g.node("Add", {"title_rows", "from_both"}, "attention_sum");
  g.node("Tanh", {"attention_sum"}, "attention_hidden");
  g.node("MatMul", {"attention_hidden", "score"}, "attention_score");
  g.node("Softmax", {"attention_score"}, "alpha", {Graph::integer("axis", 1)});
  g.node("Transpose", {"alpha"}, "alpha_row", {Graph::integers("perm", {0, 2, 1})});
  g.node("Gather", {"fold_target", "titles"}, "title_targets");
  g.node("MatMul", {"alpha_row", "title_targets"}, "ad_rows");
  const int64_t flat[] = {static_cast<int64_t>(s.ads), static_cast<int64_t>(n.mlp[0].out())};
  g.constant("flat", {2}, flat, sizeof flat, kInt64);
  g.node("Reshape", {"ad_rows", "flat"}, "ad_matrix");
  tail("ad_matrix", "aux", "p_titles");
  g.output("p_targets", {uint64_t{s.ads} * s.selling_points_per_ad, 1});
  g.output("p_titles", {s.ads, 1});
  return g.model();
}

// ---- the runtime's C interface: a table of functions that only ever grows at its end

struct OrtStatus;
struct Env;
struct Session;
struct SessionOptions;
struct MemoryInfo;
struct Value;

enum Function : size_t {  // places in the table
  kGetErrorMessage = 2,
  kCreateEnv = 3,
  kCreateSessionFromArray = 8,
  kRun = 9,
  kCreateSessionOptions = 10,
  kSetGraphOptimizationLevel = 23,
  kSetIntraOpNumThreads = 24,
  kCreateTensorWithData = 49,
  kCreateCpuMemoryInfo = 69,
  kReleaseValue = 96,
};

struct ApiBase {
  void* const* (*get_api)(uint32_t version);
  const char* (*version)();
};

}  // namespace

struct OnnxPeer::Impl {
  void* const* api = nullptr;
  Session* session = nullptr;
  MemoryInfo* memory = nullptr;
  std::string graph;
  std::vector<std::string> names;
  std::vector<Value*> tables;

  template <typename... Arguments>
  void call(Function function, Arguments... arguments) const {
    OrtStatus* status = reinterpret_cast<OrtStatus* (*)(Arguments...)>(api[function])(arguments...);
    if (!status) return;
    const auto message = reinterpret_cast<const char* (*)(const OrtStatus*)>(api[kGetErrorMessage]);
    std::fprintf(stderr, "peers_bench: ONNX Runtime: %s\n", message(status));
    std::exit(69);
  }

  Value* tensor(const void* data, size_t size, std::vector<int64_t> shape, uint64_t type) const {
    Value* value = nullptr;
    call(kCreateTensorWithData, static_cast<const MemoryInfo*>(memory), const_cast<void*>(data),
         size, static_cast<const int64_t*>(shape.data()), shape.size(), static_cast<int>(type),
         &value);
    return value;
  }
  Value* floats(const float* data, int64_t rows, int64_t columns) const {
    return tensor(data, static_cast<size_t>(rows * columns) * sizeof(float), {rows, columns},
                  kFloat);
  }
  void release(Value* value) const {
    reinterpret_cast<void (*)(Value*)>(api[kReleaseValue])(value);
  }
};

OnnxPeer::OnnxPeer() : impl_(std::make_unique<Impl>()) {}
OnnxPeer::~OnnxPeer() = default;

std::unique_ptr<OnnxPeer> OnnxPeer::open(const ReferenceModel& model) {
  const char* path = std::getenv("ONNXRUNTIME");
  if (!path) return nullptr;
  void* library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  void* symbol = library ? dlsym(library, "OrtGetApiBase") : nullptr;
  if (!symbol) {
    std::fprintf(stderr, "peers_bench: ONNXRUNTIME=%s: %s\n", path, dlerror());
    std::exit(69);
  }
  const ApiBase* base = reinterpret_cast<const ApiBase* (*)()>(symbol)();
  std::fprintf(stderr, "peers_bench: ONNX Runtime %s\n", base->version());
  std::unique_ptr<OnnxPeer> peer(new OnnxPeer);
  Impl& i = *peer->impl_;
  i.api = base->get_api(1);
  Env* env = nullptr;
  i.call(kCreateEnv, 3 /* errors */, "barker", &env);
  SessionOptions* options = nullptr;
  i.call(kCreateSessionOptions, &options);
  i.call(kSetIntraOpNumThreads, options, 1);
  i.call(kSetGraphOptimizationLevel, options, 99 /* all */);
  i.graph = reference_graph(model);
  i.call(kCreateSessionFromArray, static_cast<const Env*>(env),
         static_cast<const void*>(i.graph.data()), i.graph.size(),
         static_cast<const SessionOptions*>(options), &i.session);
  i.call(kCreateCpuMemoryInfo, 1 /* arena */, 0 /* default */, &i.memory);
  const Network n = model.network(Element::kF32, Compute::kF32);
  const auto table = [&](const Table& t) {
    i.tables.push_back(i.floats(t.floats().data(), n.rows, t.width()));
  };
  table(n.embedding);
  table(n.fold_target);
  table(n.fold_title);
  i.names = {"embedding", "fold_target", "fold_title"};
  for (size_t g = 0; g < n.groups.size(); ++g) i.names.push_back("ids" + std::to_string(g));
  i.names.push_back("targets");
  i.names.push_back("titles");
  return peer;
}

void OnnxPeer::run(const ReferenceQuery& query, QueryOutputs& out) {
  const Impl& i = *impl_;
  std::vector<std::vector<int64_t>> ids;
  for (const auto& rows : query.group_rows) ids.emplace_back(rows.begin(), rows.end());
  ids.emplace_back(query.targets.begin(), query.targets.end());
  ids.emplace_back(query.title_rows.begin(), query.title_rows.end());
  std::vector<Value*> inputs = i.tables;
  const auto ads = static_cast<int64_t>(query.titles.size());
  for (size_t k = 0; k < ids.size(); ++k) {
    const auto size = static_cast<int64_t>(ids[k].size());
    std::vector<int64_t> shape = {size};
    if (k + 1 == ids.size()) shape = {ads, size / ads};
    inputs.push_back(i.tensor(ids[k].data(), ids[k].size() * 8, shape, kInt64));
  }
  out.targets.resize(query.targets.size());
  out.titles.resize(query.titles.size());
  Value* outputs[] = {i.floats(out.targets.data(), static_cast<int64_t>(out.targets.size()), 1),
                      i.floats(out.titles.data(), ads, 1)};
  std::vector<const char*> names;
  for (const std::string& name : i.names) names.push_back(name.c_str());
  const char* output_names[] = {"p_targets", "p_titles"};
  i.call(kRun, i.session, static_cast<const void*>(nullptr),
         static_cast<const char* const*>(names.data()),
         static_cast<const Value* const*>(inputs.data()), inputs.size(),
         static_cast<const char* const*>(output_names), size_t{2}, static_cast<Value**>(outputs));
  for (size_t k = i.tables.size(); k < inputs.size(); ++k) i.release(inputs[k]);
  for (Value* value : outputs) i.release(value);
}

}  // namespace barker
