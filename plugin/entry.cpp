// The exported object, and the boundary: nothing that is thrown inside gets out, errors become code
// and text.

#include <algorithm>
#include <cstring>
#include <exception>
#include <new>

#include "plugin/barker.h"
#include "plugin/plugin.h"
#include "plugin/request.h"
#include "plugin/verify.h"

struct barker_plugin {
  barker::Plugin plugin;
};

namespace barker {
namespace {

void set_error(char* error, std::string_view text) {
  if (!error) return;
  size_t size = std::min<size_t>(text.size(), BARKER_ERROR_SIZE - 1);
  // Not in the middle of a character.
  while (size > 0 && size < text.size() && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80)
    --size;
  std::memcpy(error, text.data(), size);
  error[size] = '\0';
}

int32_t fail(char* error, int32_t code, std::string_view text) {
  set_error(error, text);
  return code;
}

// Runs `body`, which returns a code; whatever it throws becomes one.
template <typename Body>
int32_t guard(char* error, Body body) noexcept {
  try {
    return body();
  } catch (const std::bad_alloc&) {
    return fail(error, BARKER_E_INTERNAL, "out of memory");
  } catch (const std::exception& e) {
    return fail(error, BARKER_E_INTERNAL, e.what());
  } catch (...) {
    return fail(error, BARKER_E_INTERNAL, "unknown exception");
  }
}

int32_t weights_code(const Status& status) {
  switch (status.code()) {
    case Code::kNotFound:
      return BARKER_E_NOT_FOUND;
    case Code::kUnsupported:
      return BARKER_E_VERSION;
    case Code::kFailedPrecondition:
      return BARKER_E_NO_WEIGHTS;
    case Code::kIoError:
      return BARKER_E_IO;
    case Code::kInvalidArgument:
      return BARKER_E_INVALID_ARGUMENT;
    default:
      return BARKER_E_BAD_WEIGHTS;
  }
}

int32_t create(const barker_host* host, barker_string text, barker_plugin** plugin, char* error) {
  return guard(error, [&] {
    if (!plugin)
      return fail(error, BARKER_E_INVALID_ARGUMENT, "plugin: expected a pointer, found NULL");
    *plugin = nullptr;
    if (!host || host->struct_size < offsetof(barker_host, context)) {
      return fail(error, BARKER_E_INVALID_ARGUMENT,
                  "host: expected a barker_host with struct_size");
    }
    // A host may be newer than the plugin, not older.
    if (host->abi_major != BARKER_ABI_MAJOR || host->abi_minor < BARKER_ABI_MINOR) {
      return fail(error, BARKER_E_VERSION,
                  "abi: the plugin is " + std::to_string(BARKER_ABI_MAJOR) + "." +
                      std::to_string(BARKER_ABI_MINOR) + ", the host is " +
                      std::to_string(host->abi_major) + "." + std::to_string(host->abi_minor));
    }
    if (text.size > 0 && !text.data) {
      return fail(error, BARKER_E_INVALID_ARGUMENT, "config.data: expected a pointer, found NULL");
    }
    Result<Config> config = parse_config(view(text));
    if (!config.ok())
      return fail(error, BARKER_E_CONFIG, "configuration: " + config.status().message());
    const Result<Isa> isa = choose_isa(config->isa);
    if (!isa.ok()) {
      return fail(
          error, isa.status().code() == Code::kUnsupported ? BARKER_E_UNSUPPORTED : BARKER_E_CONFIG,
          "configuration: " + isa.status().message());
    }
    barker_host copy{};
    std::memcpy(&copy, host, std::min<uint64_t>(host->struct_size, sizeof copy));
    *plugin = new barker_plugin{{std::move(config).value(), kernels_for(*isa), copy}};
    return BARKER_OK;
  });
}

void destroy(barker_plugin* plugin) { delete plugin; }

int32_t finish(const Result<uint64_t>& result, uint64_t* generation, char* error) {
  if (!result.ok()) return fail(error, weights_code(result.status()), result.status().message());
  if (generation) *generation = *result;
  return BARKER_OK;
}

int32_t no_plugin(char* error) {
  return fail(error, BARKER_E_INVALID_ARGUMENT, "plugin: expected a pointer, found NULL");
}

// load_weights and start of a canary.
template <Result<uint64_t> (Plugin::*kLoad)(const std::string&)>
int32_t load_from(barker_plugin* plugin, barker_string path, uint64_t* generation, char* error) {
  return guard(error, [&] {
    if (!plugin) return no_plugin(error);
    if (!path.data || path.size == 0) {
      return fail(error, BARKER_E_INVALID_ARGUMENT, "path: expected one, found NULL or empty");
    }
    return finish((plugin->plugin.*kLoad)(std::string(view(path))), generation, error);
  });
}

// rollback and promotion of a canary.
template <Result<uint64_t> (Plugin::*kSwitch)()>
int32_t switch_to(barker_plugin* plugin, uint64_t* generation, char* error) {
  return guard(error, [&] {
    if (!plugin) return no_plugin(error);
    return finish((plugin->plugin.*kSwitch)(), generation, error);
  });
}

// Copies a request of any minor version into ours.
bool read_request(const barker_request* from, barker_request& to, char* error) {
  if (!from || from->struct_size < sizeof(barker_request)) {
    set_error(error, "request: expected a barker_request with its struct_size");
    return false;
  }
  to = *from;
  const Status status = check_request(to);
  if (!status.ok()) set_error(error, "request: " + status.message());
  return status.ok();
}

int32_t rescore(barker_plugin* plugin, const barker_request* request, barker_response* response,
                char* error) {
  if (!plugin) return no_plugin(error);
  const int32_t code = guard(error, [&] {
    barker_request checked;
    if (!read_request(request, checked, error)) return BARKER_E_INVALID_ARGUMENT;
    if (!response || response->struct_size < sizeof(barker_response)) {
      return fail(error, BARKER_E_INVALID_ARGUMENT,
                  "response: expected a barker_response with its struct_size");
    }
    if (const Status s = check_response(*response, checked); !s.ok()) {
      return fail(error, BARKER_E_INVALID_ARGUMENT, "response: " + s.message());
    }
    if (plugin->plugin.rescore(checked, *response)) return BARKER_OK;
    return fail(error, BARKER_E_INVALID_ARGUMENT,
                "response: text_capacity: expected at least " +
                    std::to_string(response->text_size) + ", found " +
                    std::to_string(response->text_capacity));
  });
  if (code != BARKER_OK) plugin->plugin.counters().errors.fetch_add(1, std::memory_order_relaxed);
  return code;
}

// As much of `filled` as the caller's struct has room for.
template <typename T>
void give(T& filled, T* out) {
  const uint64_t size = out->struct_size;
  filled.struct_size = size;
  std::memcpy(out, &filled, std::min<uint64_t>(size, sizeof filled));
}

int32_t stats(barker_plugin* plugin, barker_stats* out) {
  return guard(nullptr, [&]() -> int32_t {
    if (!plugin || !out || out->struct_size < sizeof(uint64_t)) return BARKER_E_INVALID_ARGUMENT;
    barker_stats filled{};
    plugin->plugin.read_stats(filled);
    give(filled, out);
    return BARKER_OK;
  });
}

int32_t verify_signed(barker_string path, barker_string isa, const barker_string* trusted_keys,
                      uint64_t trusted_key_count, barker_check_callback callback, void* context,
                      char* error) {
  return guard(error, [&] {
    if (!path.data || (isa.size > 0 && !isa.data) || (trusted_key_count > 0 && !trusted_keys)) {
      return fail(error, BARKER_E_INVALID_ARGUMENT, "path, isa and trusted_keys: found NULL");
    }
    std::vector<PublicKey> keys;
    for (uint64_t i = 0; i < trusted_key_count; ++i) {
      if (trusted_keys[i].size > 0 && !trusted_keys[i].data) {
        return fail(error, BARKER_E_INVALID_ARGUMENT, "trusted_keys: found NULL");
      }
      const Result<PublicKey> key = parse_public_key(view(trusted_keys[i]));
      if (!key.ok()) return fail(error, BARKER_E_INVALID_ARGUMENT, key.status().message());
      keys.push_back(*key);
    }
    const Status s =
        verify(std::string(view(path)), std::string(view(isa)), keys, callback, context);
    return s.ok() ? BARKER_OK : fail(error, weights_code(s), s.message());
  });
}

int32_t verify_file(barker_string path, barker_string isa, barker_check_callback callback,
                    void* context, char* error) {
  return verify_signed(path, isa, nullptr, 0, callback, context, error);
}

int32_t explain_query(barker_plugin* plugin, const barker_request* request, barker_string* json,
                      char* error) {
  return guard(error, [&]() -> int32_t {
    if (!plugin || !json) return fail(error, BARKER_E_INVALID_ARGUMENT, "plugin or json is NULL");
    barker_request checked;
    if (!read_request(request, checked, error)) return BARKER_E_INVALID_ARGUMENT;
    const std::string text = plugin->plugin.explain(checked);
    char* copy = new char[text.size()];
    std::copy(text.begin(), text.end(), copy);
    *json = {copy, text.size()};
    return BARKER_OK;
  });
}

int32_t load_rules(barker_plugin* plugin, barker_string toml, char* error) {
  return guard(error, [&]() -> int32_t {
    if (!plugin || (toml.size > 0 && !toml.data)) {
      return fail(error, BARKER_E_INVALID_ARGUMENT, "plugin and toml: expected, found NULL");
    }
    const Status s = plugin->plugin.load_rules(view(toml));
    return s.ok() ? BARKER_OK : fail(error, BARKER_E_CONFIG, "rules: " + s.message());
  });
}

void release_json(barker_string json) { delete[] json.data; }

int32_t stop_canary(barker_plugin* plugin, char* error) {
  return guard(error, [&] {
    if (!plugin) return no_plugin(error);
    const Status s = plugin->plugin.stop_canary();
    return s.ok() ? BARKER_OK : fail(error, weights_code(s), s.message());
  });
}

int32_t set_canary_shares(barker_plugin* plugin, double served, double compared, char* error) {
  return guard(error, [&] {
    if (!plugin) return no_plugin(error);
    const Status s = plugin->plugin.set_canary_shares(served, compared);
    return s.ok() ? BARKER_OK : fail(error, BARKER_E_INVALID_ARGUMENT, s.message());
  });
}

int32_t compare(barker_plugin* plugin, uint64_t at_most, uint64_t* compared, char* error) {
  return guard(error, [&] {
    if (!plugin) return no_plugin(error);
    const uint64_t done = plugin->plugin.compare(at_most);
    if (compared) *compared = done;
    return BARKER_OK;
  });
}

int32_t read_agreement(barker_plugin* plugin, barker_agreement* out) {
  return guard(nullptr, [&]() -> int32_t {
    if (!plugin || !out || out->struct_size < sizeof(uint64_t)) return BARKER_E_INVALID_ARGUMENT;
    barker_agreement filled{};
    plugin->plugin.read_agreement(filled);
    give(filled, out);
    return BARKER_OK;
  });
}

int32_t read_generation(barker_plugin* plugin, int32_t role, barker_generation_stats* out) {
  return guard(nullptr, [&]() -> int32_t {
    if (!plugin || !out || out->struct_size < sizeof(uint64_t) ||
        (role != BARKER_ROLE_SERVING && role != BARKER_ROLE_CANARY)) {
      return BARKER_E_INVALID_ARGUMENT;
    }
    barker_generation_stats filled{};
    if (!plugin->plugin.read_generation(role, filled)) return BARKER_E_INTERNAL;
    give(filled, out);
    return BARKER_OK;
  });
}

const barker_verify kVerify = {sizeof(barker_verify), verify_file, verify_signed};
const barker_rules kRules = {sizeof(barker_rules), load_rules};
const barker_canary kCanary = {sizeof(barker_canary),
                               load_from<&Plugin::start_canary>,
                               switch_to<&Plugin::promote_canary>,
                               stop_canary,
                               set_canary_shares,
                               compare,
                               read_agreement,
                               read_generation};
const barker_explain kExplain = {sizeof(barker_explain), explain_query, release_json};

const void* get_extension(const char* id) {
  if (!id) return nullptr;
  if (std::strcmp(id, BARKER_EXT_VERIFY) == 0) return &kVerify;
  if (std::strcmp(id, BARKER_EXT_RULES) == 0) return &kRules;
  if (std::strcmp(id, BARKER_EXT_CANARY) == 0) return &kCanary;
  if (std::strcmp(id, BARKER_EXT_EXPLAIN) == 0) return &kExplain;
  return nullptr;
}

}  // namespace
}  // namespace barker

extern "C" __attribute__((visibility("default"))) const barker_api barker_entry;
extern "C" const barker_api barker_entry = {sizeof(barker_api),
                                            BARKER_ABI_MAJOR,
                                            BARKER_ABI_MINOR,
                                            BARKER_VERSION,
                                            barker::create,
                                            barker::destroy,
                                            barker::load_from<&barker::Plugin::load>,
                                            barker::switch_to<&barker::Plugin::rollback>,
                                            barker::rescore,
                                            barker::stats,
                                            barker::get_extension,
                                            nullptr};
