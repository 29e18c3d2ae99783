// The boundary of the library: what every function of the ABI shares. Nothing that is thrown inside
// gets out; an error becomes a code and a text. Functions here may be called from any thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <exception>
#include <new>
#include <string>
#include <string_view>

#include "models/base/result.h"
#include "plugin/barker.h"
#include "plugin/plugin.h"
#include "plugin/request.h"

// What a host's handle points to.
struct barker_plugin {
  barker::Plugin plugin;
};

namespace barker {

inline void set_error(char* error, std::string_view text) {
  if (!error) return;
  size_t size = std::min<size_t>(text.size(), BARKER_ERROR_SIZE - 1);
  // Not in the middle of a character.
  while (size > 0 && size < text.size() && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80)
    --size;
  std::memcpy(error, text.data(), size);
  error[size] = '\0';
}

inline int32_t fail(char* error, int32_t code, std::string_view text) {
  set_error(error, text);
  return code;
}

// Runs `body`, which returns a code; whatever it throws becomes one.
template <typename Body>
inline int32_t guard(char* error, Body body) noexcept {
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

// As much of `filled` as the caller's struct has room for.
template <typename T>
inline void give(T& filled, T* out) {
  const uint64_t size = out->struct_size;
  filled.struct_size = size;
  std::memcpy(out, &filled, std::min<uint64_t>(size, sizeof filled));
}

inline int32_t weights_code(const Status& status) {
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

inline int32_t finish(const Result<uint64_t>& result, uint64_t* generation, char* error) {
  if (!result.ok()) return fail(error, weights_code(result.status()), result.status().message());
  if (generation) *generation = *result;
  return BARKER_OK;
}

inline int32_t no_plugin(char* error) {
  return fail(error, BARKER_E_INVALID_ARGUMENT, "plugin: expected a pointer, found NULL");
}

// load_weights and start of a canary.
template <Result<uint64_t> (Plugin::*kLoad)(const std::string&)>
inline int32_t load_from(barker_plugin* plugin, barker_string path, uint64_t* generation,
                         char* error) {
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
inline int32_t switch_to(barker_plugin* plugin, uint64_t* generation, char* error) {
  return guard(error, [&] {
    if (!plugin) return no_plugin(error);
    return finish((plugin->plugin.*kSwitch)(), generation, error);
  });
}

// Reads and checks a request of any minor version; false: `error` says why not.
bool read_request(const barker_request* from, CheckedRequest& to, char* error);

// Runs `body`, which answers into a response and returns a code. text_size is 0 on every error but
// BARKER_E_TOO_SMALL.
template <typename Body>
inline int32_t answer_into(barker_response* response, char* error, Body body) noexcept {
  clear_text_size(response);
  return guard(error, body);
}

// Runs `answer` on our copy of the caller's response. It returns false where the text buffer is too
// small.
template <typename Answering>
inline int32_t respond(const CheckedRequest& request, barker_response* response, char* error,
                       Answering answer) {
  barker_response ours;
  if (const Status s = check_response(response, request.request, ours); !s.ok()) {
    return fail(error, BARKER_E_INVALID_ARGUMENT, "response: " + s.message());
  }
  if (answer(ours)) {
    write_response(ours, response);
    return BARKER_OK;
  }
  response->text_size = ours.text_size;
  return fail(error, BARKER_E_TOO_SMALL,
              "response: text_capacity: expected at least " + std::to_string(ours.text_size) +
                  ", found " + std::to_string(ours.text_capacity));
}

// Counts a call that answered neither with a page nor with the size that the page needs.
inline int32_t count_error(barker_plugin& plugin, int32_t code) {
  if (code != BARKER_OK && code != BARKER_E_TOO_SMALL) count(plugin.plugin.counters().errors);
  return code;
}

// Extensions that answer queries (query_extensions.cpp).
extern const barker_explain kExplain;
extern const barker_prepared kPrepared;

// An extension's table by its id, or NULL.
const void* get_extension(const char* id);

}  // namespace barker
