// What the metadata of a weight file says of the model, and where its tensors lie.
#include <algorithm>
#include <cmath>

#include "models/base/number_text.h"
#include "models/weights/check.h"
#include "models/weights/groups.h"
#include "models/weights/weights_generated.h"

namespace barker {

using namespace check_text;

namespace {

std::string shape_text(const std::vector<uint64_t>& shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i) {
    text += (i ? ", " : "") + (shape[i] == kAnyExtent ? std::string("any") : number(shape[i]));
  }
  return text + "]";
}

// The sizes of a chain of layers, which are appended to `out`.
Status check_chain(const std::string& field, const flatbuffers::Vector<uint32_t>* sizes,
                   uint64_t at_least, std::vector<uint32_t>& out) {
  const flatbuffers::uoffset_t count = sizes ? sizes->size() : 0;
  if (Status s = within(field, count, at_least, kMaxLayers); !s.ok()) return s;
  for (flatbuffers::uoffset_t i = 0; i < count; ++i) {
    const std::string where = field + "[" + number(i) + "]";
    if (Status s = within(where, sizes->Get(i), 1, kMaxLayerSize); !s.ok()) return s;
    out.push_back(sizes->Get(i));
  }
  return {};
}

}  // namespace

Status WeightFileCheck::check_architecture() {
  for (const auto check : {&WeightFileCheck::check_sizes, &WeightFileCheck::check_rows}) {
    if (Status s = (this->*check)(); !s.ok()) return s;
  }
  for (const auto check : {&WeightFileCheck::check_history_match, &WeightFileCheck::check_auxiliary,
                           &WeightFileCheck::check_numbers}) {
    if (Status s = (this->*check)(); !s.ok()) return s;
  }
  found_ = number(sizes_.rows) + " rows of " + number(sizes_.dim) + ", " + number(sizes_.groups) +
           " groups";
  return {};
}

Status WeightFileCheck::check_sizes() {
  const fbs::Architecture& a = *metadata_->architecture();
  if (Status s = within("dim", a.dim(), 1, kMaxDim); !s.ok()) return s;
  if (Status s = within("groups", a.groups()->size(), 1, kMaxGroups); !s.ok()) return s;
  if (Status s = within("dot_dim", a.dot_dim(), 0, kMaxLayerSize); !s.ok()) return s;
  const uint64_t least_layers = a.dot_dim() ? 0 : 1;  // one of the two heads must be there
  if (Status s = check_chain("hidden", a.hidden(), least_layers, sizes_.hidden); !s.ok()) return s;
  if (Status s = check_chain("dot_hidden", a.dot_hidden(), 0, sizes_.dot_hidden); !s.ok()) return s;
  if (a.activation() > fbs::Activation_MAX) {
    return unexpected("activation", "0 (Relu)", number(static_cast<uint64_t>(a.activation())));
  }
  sizes_.dim = a.dim();
  sizes_.groups = a.groups()->size();
  sizes_.has_auxiliary = a.has_auxiliary();
  sizes_.attention_dim = a.attention_dim();
  sizes_.dot_dim = a.dot_dim();
  sizes_.history_match = a.history_match();
  sizes_.match_inputs = a.match_inputs();
  sizes_.tables = a.tables();
  return {};
}

Status WeightFileCheck::check_rows() {
  const fbs::Weights& w = *metadata_;
  const fbs::Architecture& a = *w.architecture();
  if (Status s = within("named_rows", w.named_rows(), 1, kMaxRows); !s.ok()) return s;
  if (Status s = within("keyword_rows", w.keyword_rows(), 1, w.named_rows()); !s.ok()) return s;
  if (Status s = within("folded_rows", a.folded_rows(), 0, w.keyword_rows()); !s.ok()) return s;
  uint64_t rows = w.named_rows();
  for (const fbs::Group* group : *a.groups()) {
    if (group->hash_buckets() == 0) continue;
    const std::string where = "group \"" + group->name()->str() + "\" first_bucket_row";
    if (Status s = within(where, group->first_bucket_row(), rows, rows); !s.ok()) return s;
    rows += group->hash_buckets();
  }
  if (Status s = within("embedding rows", rows, 1, kMaxRows); !s.ok()) return s;
  sizes_.rows = rows;
  sizes_.named_rows = w.named_rows();
  sizes_.keyword_rows = w.keyword_rows();
  sizes_.has_click_rates = w.tensors()->LookupByKey("rates.prior") != nullptr;
  sizes_.folded_rows = a.folded_rows();
  return {};
}

// Serving sizes its table of the history by the group's max_tokens.
Status WeightFileCheck::check_history_match() const {
  if (sizes_.match_inputs && sizes_.hidden.empty()) {
    return bad_data("match_inputs: there is no first layer that they could go into");
  }
  if (!sizes_.history_match && !sizes_.match_inputs) return {};
  const std::string flag = sizes_.match_inputs ? "match_inputs" : "history_match";
  for (const fbs::Group* group : *metadata_->architecture()->groups()) {
    if (group->name()->string_view() != kHistoryGroup) continue;
    if (!group->keywords()) return bad_data(flag + ": the group \"hist\" has no keywords");
    return within("group \"hist\" max_tokens with " + flag, group->max_tokens(), 1,
                  kMaxMatchedHistory);
  }
  return bad_data(flag + ": there is no group \"hist\" to look into");
}

Status WeightFileCheck::check_auxiliary() const {
  const fbs::Architecture& a = *metadata_->architecture();
  if (!a.has_auxiliary()) return {};
  if (Status s = within("attention_dim", a.attention_dim(), 1, kMaxLayerSize); !s.ok()) return s;
  const uint64_t last = sizes_.groups - 1;
  if (Status s = within("attention_user_group", a.attention_user_group(), 0, last); !s.ok()) {
    return s;
  }
  return within("attention_query_group", a.attention_query_group(), 0, last);
}

Status WeightFileCheck::check_numbers() const {
  const fbs::Architecture& a = *metadata_->architecture();
  for (const float value : {a.main_scale(), a.main_offset(), a.aux_scale(), a.aux_offset()}) {
    if (!std::isfinite(value)) {
      return unexpected("calibration", "finite numbers", number_text(value));
    }
  }
  if (a.tables() != fbs::DType_F32 && a.tables() != fbs::DType_F16) {
    return unexpected("tables", "F32 or F16", number(a.tables()));
  }
  if (a.compute() > fbs::Compute_MAX) {
    return unexpected("compute", "F32, BF16 or I8", number(a.compute()));
  }
  const bool exact = a.compute() == fbs::Compute_F32;
  const float bound = a.compute_bound();
  if (exact ? bound != 0 : !(bound > 0 && bound <= kMaxComputeBound)) {
    return unexpected("compute_bound",
                      exact ? "0" : "above 0, at most " + number_text(kMaxComputeBound),
                      number_text(bound));
  }
  if (a.screen() && exact) return bad_data("screen: there is nothing to screen with in F32");
  return {};
}

Status WeightFileCheck::check_tensors() {
  const auto& tensors = *metadata_->tensors();
  const std::vector<TensorShape> layout = tensor_layout(sizes_);
  if (tensors.size() != layout.size()) {
    return unexpected("count", number(layout.size()), number(tensors.size()));
  }
  // LookupByKey needs the order, and of two equal names it would hide one.
  for (flatbuffers::uoffset_t i = 1; i < tensors.size(); ++i) {
    if (!(tensors.Get(i - 1)->name()->str() < tensors.Get(i)->name()->str())) {
      return bad_data("tensors are not sorted by name at " + tensors.Get(i)->name()->str());
    }
  }
  for (const TensorShape& expected : layout) {
    const fbs::Tensor* found = tensors.LookupByKey(expected.name.c_str());
    if (!found) return bad_data("tensor " + expected.name + " is missing");
    if (Status s = check_tensor(*found, expected); !s.ok()) return s;
  }
  if (Status s = check_disjoint(); !s.ok()) return s;
  found_ = number(tensors.size()) + " tensors";
  return {};
}

Status WeightFileCheck::check_tensor(const fbs::Tensor& tensor, const TensorShape& expected) const {
  const std::string where = "tensor " + expected.name;
  if (tensor.dtype() != expected.dtype) {
    return unexpected(where + " dtype", fbs::EnumNameDType(expected.dtype), number(tensor.dtype()));
  }
  const std::vector<uint64_t> shape(tensor.shape()->begin(), tensor.shape()->end());
  bool fits = shape.size() == expected.shape.size();
  uint64_t bytes = size_of(expected.dtype);
  for (size_t i = 0; fits && i < shape.size(); ++i) {
    fits = expected.shape[i] == kAnyExtent ? shape[i] <= header_.tensors_size
                                           : shape[i] == expected.shape[i];
    if (__builtin_mul_overflow(bytes, shape[i], &bytes)) fits = false;
  }
  if (!fits) return unexpected(where + " shape", shape_text(expected.shape), shape_text(shape));
  return check_place(tensor, bytes);
}

// `bytes`: what the tensor's shape takes.
Status WeightFileCheck::check_place(const fbs::Tensor& tensor, uint64_t bytes) const {
  const std::string where = "tensor " + tensor.name()->str();
  if (tensor.size() != bytes) {
    return unexpected(where + " size", number(bytes), number(tensor.size()));
  }
  if (tensor.offset() % kTensorAlignment != 0) {
    return unexpected(where + " offset", "a multiple of " + number(kTensorAlignment),
                      number(tensor.offset()));
  }
  if (tensor.offset() > header_.tensors_size || bytes > header_.tensors_size - tensor.offset()) {
    return unexpected(where, "inside " + number(header_.tensors_size) + " bytes",
                      number(tensor.offset()) + " + " + number(bytes));
  }
  return {};
}

Status WeightFileCheck::check_disjoint() const {
  std::vector<const fbs::Tensor*> by_offset(metadata_->tensors()->begin(),
                                            metadata_->tensors()->end());
  std::erase_if(by_offset, [](const fbs::Tensor* tensor) { return tensor->size() == 0; });
  std::ranges::sort(by_offset, {}, &fbs::Tensor::offset);
  for (size_t i = 1; i < by_offset.size(); ++i) {
    if (by_offset[i - 1]->offset() + by_offset[i - 1]->size() > by_offset[i]->offset()) {
      return bad_data("tensors " + by_offset[i - 1]->name()->str() + " and " +
                      by_offset[i]->name()->str() + " overlap");
    }
  }
  return {};
}

}  // namespace barker
