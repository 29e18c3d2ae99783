#include "models/exchange/safetensors.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <nlohmann/json.hpp>
#include <set>
#include <span>

#include "models/base/file_bytes.h"
#include "models/base/half.h"
#include "models/base/output_file.h"

namespace barker {
namespace {

using Json = nlohmann::ordered_json;

static_assert(std::endian::native == std::endian::little);

constexpr uint64_t kMaxHeader = 100 << 20;  // bytes; the layout's own limit
constexpr char kMetadata[] = "__metadata__";

struct Type {
  const char* name;
  size_t size;  // bytes
  float (*read)(const std::byte* at);
};

template <typename T>
T value_at(const std::byte* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

constexpr Type kTypes[] = {
    {"F64", 8, [](const std::byte* at) { return static_cast<float>(value_at<double>(at)); }},
    {"F32", 4, [](const std::byte* at) { return value_at<float>(at); }},
    {"F16", 2, [](const std::byte* at) { return half_to_float(value_at<Half>(at)); }},
    {"BF16", 2,
     [](const std::byte* at) {
       return std::bit_cast<float>(uint32_t{value_at<uint16_t>(at)} << 16);
     }},
};

// Where a tensor stands, as the header says.
struct Entry {
  std::string name;
  const Type* type = nullptr;
  std::vector<uint64_t> shape;
  uint64_t count = 1, begin = 0, end = 0;
};

Status read_shape(const Json& shape, const std::string& where, Entry& entry) {
  if (!shape.is_array()) return unexpected(where + "shape", "an array", shape.type_name());
  for (const Json& extent : shape) {
    if (!extent.is_number_unsigned()) {
      return unexpected(where + "shape", "integers of at least 0", extent.dump());
    }
    entry.shape.push_back(extent.get<uint64_t>());
    if (__builtin_mul_overflow(entry.count, entry.shape.back(), &entry.count)) {
      return bad_data(where + "shape: " + shape.dump() + " has more values than can be counted");
    }
  }
  return {};
}

Status read_entry(const Json& json, const std::string& where, uint64_t data_size, Entry& entry) {
  if (!json.is_object()) return unexpected(where, "an object", json.type_name());
  for (const char* member : {"dtype", "shape", "data_offsets"}) {
    if (!json.contains(member)) return bad_data(where + "no \"" + member + "\"");
  }
  if (!json["dtype"].is_string())
    return unexpected(where + "dtype", "a string", json["dtype"].dump());
  const std::string type = json["dtype"];
  for (const Type& known : kTypes) {
    if (type == known.name) entry.type = &known;
  }
  if (!entry.type) {
    return unexpected(where + "dtype", "F64, F32, F16 or BF16", "\"" + type + "\"");
  }
  if (Status s = read_shape(json["shape"], where, entry); !s.ok()) return s;
  const Json& offsets = json["data_offsets"];
  if (!offsets.is_array() || offsets.size() != 2 || !offsets[0].is_number_unsigned() ||
      !offsets[1].is_number_unsigned()) {
    return unexpected(where + "data_offsets", "two integers", offsets.dump());
  }
  entry.begin = offsets[0];
  entry.end = offsets[1];
  if (entry.begin > entry.end || entry.end > data_size) {
    return unexpected(where + "data_offsets",
                      "a range within the " + std::to_string(data_size) + " bytes of values",
                      offsets.dump());
  }
  if ((entry.end - entry.begin) / entry.type->size != entry.count ||
      (entry.end - entry.begin) % entry.type->size != 0) {
    return unexpected(where + "data_offsets",
                      std::to_string(entry.count) + " values of " +
                          std::to_string(entry.type->size) + " bytes, as the shape says",
                      std::to_string(entry.end - entry.begin) + " bytes");
  }
  return {};
}

// Every byte of the values belongs to one tensor: a hole or an overlap means that the file is
// damaged, or is not what its writer meant.
Status check_places(std::vector<Entry> entries, const std::string& path, uint64_t data_size) {
  std::ranges::stable_sort(entries, {}, [](const Entry& e) { return std::pair(e.begin, e.end); });
  uint64_t end = 0;
  for (const Entry& entry : entries) {
    if (entry.begin != end) {
      return unexpected(path + ": tensor \"" + entry.name + "\"",
                        "values from byte " + std::to_string(end),
                        "them from byte " + std::to_string(entry.begin));
    }
    end = entry.end;
  }
  if (end == data_size) return {};
  return unexpected(path, std::to_string(end) + " bytes of values", std::to_string(data_size));
}

// nlohmann::json keeps the last of two members of one name. A header in which that happens is
// refused.
Result<Json> parse_header(std::string_view text, const std::string& path) {
  std::set<std::string> names;
  std::string repeated;
  const auto watch = [&](int depth, Json::parse_event_t event, Json& parsed) {
    if (event == Json::parse_event_t::key && depth == 1) {
      if (!names.insert(parsed.get<std::string>()).second) repeated = parsed;
    }
    return true;
  };
  Json header = Json::parse(text, watch, /*allow_exceptions=*/false);
  if (header.is_discarded() || !header.is_object()) {
    return bad_data(path + ": the header is no JSON object, so this is no safetensors file");
  }
  if (!repeated.empty()) return bad_data(path + ": two tensors \"" + repeated + "\"");
  return header;
}

}  // namespace

Result<NamedTensors> read_safetensors(const std::string& path) {
  const Result<FileBytes> file = FileBytes::open(path, Storage::kAuto);
  if (!file.ok()) return Status(file.status().code(), path + ": " + file.status().message());
  const std::span<const std::byte> bytes = file->bytes();
  if (bytes.size() < 8) return bad_data(path + ": shorter than the 8 bytes of a header's size");
  const auto header_size = value_at<uint64_t>(bytes.data());
  if (header_size > std::min<uint64_t>(bytes.size() - 8, kMaxHeader)) {
    return unexpected(path,
                      "a header of at most " +
                          std::to_string(std::min<uint64_t>(bytes.size() - 8, kMaxHeader)) +
                          " bytes, as in a safetensors file",
                      std::to_string(header_size));
  }
  const Result<Json> header = parse_header(
      {reinterpret_cast<const char*>(bytes.data()) + 8, static_cast<size_t>(header_size)}, path);
  if (!header.ok()) return header.status();
  const std::span<const std::byte> data = bytes.subspan(8 + header_size);
  std::vector<Entry> entries;
  for (const auto& [name, json] : header->items()) {
    if (name == kMetadata) continue;
    Entry& entry = entries.emplace_back();
    entry.name = name;
    const std::string where = path + ": tensor \"" + name + "\": ";
    if (Status s = read_entry(json, where, data.size(), entry); !s.ok()) return s;
  }
  if (Status s = check_places(entries, path, data.size()); !s.ok()) return s;
  NamedTensors tensors;
  for (Entry& entry : entries) {
    NamedTensor& tensor = tensors[entry.name];
    tensor.shape = std::move(entry.shape);
    tensor.values.reserve(entry.count);
    for (uint64_t at = entry.begin; at < entry.end; at += entry.type->size) {
      tensor.values.push_back(entry.type->read(data.data() + at));
    }
  }
  return tensors;
}

Status write_safetensors(const NamedTensors& tensors, const std::string& path) {
  Json header = Json::object();
  uint64_t offset = 0;
  for (const auto& [name, tensor] : tensors) {
    const uint64_t end = offset + tensor.values.size() * sizeof(float);
    header[name] = {{"dtype", "F32"}, {"shape", tensor.shape}, {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');  // so that the values are aligned
  const uint64_t size = text.size();
  OutputFile file(path);
  file.write({reinterpret_cast<const char*>(&size), sizeof size});
  file.write(text);
  for (const auto& [name, tensor] : tensors) {
    file.write({reinterpret_cast<const char*>(tensor.values.data()),
                tensor.values.size() * sizeof(float)});
  }
  return file.close();
}

}  // namespace barker
