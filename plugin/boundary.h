// The boundary of the library: what every function of the ABI goes through on its way in and out.
//
//   guard()    of every call: an exception becomes a code and a text, the arithmetic runs in the
//              default floating-point environment, and the thread is not cancelled meanwhile
//   control()  of control calls: the same, one at a time per plugin
//
// Functions here may be called from any thread.
#pragma once

#include <cxxabi.h>
#include <pthread.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <exception>
#include <new>
#include <string>
#include <string_view>

#include "models/base/result.h"
#include "plugin/barker.h"
#include "plugin/call_lock.h"
#include "plugin/catalogue.h"
#include "plugin/error_text.h"
#include "plugin/floating_point.h"
#include "plugin/plugin.h"
#include "plugin/request.h"

// What a host's handle points to.
struct barker_plugin {
  barker::Plugin plugin;
};

namespace barker {

inline int32_t fail(char* error, int32_t code, std::string_view text) noexcept {
  set_error(error, text);
  return code;
}

// Runs `body`, which returns a code. Whatever it throws becomes one, also what a callback of the
// host throws, of whatever language; only the unwinding of a thread that ends itself in a callback
// (pthread_exit) passes, and releases what is held.
//
// A forced unwinding has no exception object, so that its handler's reference is to nothing; the
// attribute tells UndefinedBehaviorSanitizer that this is meant.
template <typename Environment = VectorEnvironment, typename Body>
__attribute__((no_sanitize("null"))) int32_t guard(char* error, Body body) {
  // A cancelled thread would unwind from a read() in the middle of a load, through functions that
  // cannot be unwound. It is cancelled after the call instead.
  int cancellable = PTHREAD_CANCEL_ENABLE;
  pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancellable);
  int32_t code = BARKER_OK;
  try {
    const Environment environment;
    code = body();
  } catch (const std::bad_alloc&) {
    code = fail(error, BARKER_E_INTERNAL, "out of memory");
  } catch (const RefusedRequest& e) {
    code = fail(error, BARKER_E_INVALID_ARGUMENT, e.what());
  } catch (const std::exception& e) {
    code = fail(error, BARKER_E_INTERNAL, e.what());
  } catch (const abi::__forced_unwind&) {
    throw;
  } catch (...) {
    code = fail(error, BARKER_E_INTERNAL, "an exception of unknown type");
  }
  // Here and not in a destructor, for a cancellation that waited may act inside of this call.
  pthread_setcancelstate(cancellable, nullptr);
  return code;
}

inline int32_t no_plugin(char* error) noexcept {
  return fail(error, BARKER_E_INVALID_ARGUMENT, "plugin: expected a pointer, found NULL");
}

// Runs `body` while this thread holds `lock`. `what` names the calls that the lock is for.
template <typename Body>
int32_t one_at_a_time(CallLock& lock, std::string_view what, char* error, Body body) {
  switch (lock.enter()) {
    case CallLock::Entry::kEntered:
      break;
    case CallLock::Entry::kInside:
      return fail(error, BARKER_E_REENTRANT,
                  std::string(what) +
                      ": expected outside of the plugin's callbacks, found inside "
                      "of one, where it would wait for itself");
    case CallLock::Entry::kOrphaned:
      return fail(error, BARKER_E_REENTRANT,
                  std::string(what) +
                      ": such a call was running when this process was forked; "
                      "it will never return here");
  }
  struct Left {
    CallLock& lock;
    ~Left() { lock.leave(); }
  } const left{lock};
  return body();
}

// A control call: `body` takes the plugin and returns a code.
template <typename Body>
int32_t control(barker_plugin* plugin, char* error, Body body) {
  return guard<WholeEnvironment>(error, [&]() -> int32_t {
    if (!plugin) return no_plugin(error);
    return one_at_a_time(plugin->plugin.control_lock(), "control call", error,
                         [&] { return body(plugin->plugin); });
  });
}

// As much of `filled` as the caller's struct has room for.
template <typename T>
void give(T& filled, T* out) {
  const uint64_t size = out->struct_size;
  filled.struct_size = size;
  std::memcpy(out, &filled, std::min<uint64_t>(size, sizeof filled));
}

inline bool is_role(int32_t role) {
  return role == BARKER_ROLE_SERVING || role == BARKER_ROLE_CANARY;
}

inline int32_t weights_code(const Status& status) {
  switch (status.code()) {
    case Code::kOk:
      return BARKER_OK;
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

inline int32_t finish(const Status& status, char* error) {
  return status.ok() ? BARKER_OK : fail(error, weights_code(status), status.message());
}

inline int32_t finish(const Result<uint64_t>& result, uint64_t* number, char* error) {
  if (!result.ok()) return finish(result.status(), error);
  if (number) *number = *result;
  return BARKER_OK;
}

// A path of the host's. The operating system would read it up to the first NUL only, and so open
// another file than the one that was named.
inline Result<std::string> read_path(const barker_string& path) {
  if (!path.data || path.size == 0) {
    return invalid_argument("path: expected one, found NULL or empty");
  }
  const std::string_view text = view(path);
  if (const size_t at = text.find('\0'); at != std::string_view::npos) {
    return invalid_argument("path: expected no NUL, found one at byte " + std::to_string(at));
  }
  return std::string(text);
}

// Control calls that take a path and give a generation.
template <Result<uint64_t> (Plugin::*kLoad)(const std::string&)>
int32_t load_from(barker_plugin* plugin, barker_string path, uint64_t* generation, char* error) {
  return control(plugin, error, [&](Plugin& p) -> int32_t {
    const Result<std::string> checked = read_path(path);
    if (!checked.ok()) return finish(checked.status(), error);
    return finish((p.*kLoad)(*checked), generation, error);
  });
}

// Control calls that switch to weights that are in memory.
template <Result<uint64_t> (Plugin::*kSwitch)()>
int32_t switch_to(barker_plugin* plugin, uint64_t* generation, char* error) {
  return control(plugin, error,
                 [&](Plugin& p) { return finish((p.*kSwitch)(), generation, error); });
}

// Reads and checks a request of any minor version; false: `error` says why not.
bool read_request(const barker_request* from, CheckedRequest& to, char* error);
// The same of a request that must have no ads.
bool read_request_without_ads(const barker_request* from, CheckedRequest& to, char* error);

// Runs `body`, which answers into a response and returns a code. text_size is 0 on every error but
// BARKER_E_TOO_SMALL. A call that answered neither with a page nor with the size that the page
// needs is counted as an error of the plugin; where that is NULL, the body says so.
template <typename Body>
int32_t answer_into(barker_response* response, barker_plugin* plugin, char* error, Body body) {
  clear_text_size(response);
  const int32_t code = guard(error, body);
  if (plugin && code != BARKER_OK && code != BARKER_E_TOO_SMALL) {
    count(plugin->plugin.counters().errors);
  }
  return code;
}

// Runs `answer` on our copy of the response of a caller whose header has the minor version
// `host_minor`. `answer` returns false where the text buffer is too small.
template <typename Answering>
int32_t respond(const CheckedRequest& request, uint32_t host_minor, barker_response* response,
                char* error, Answering answer) {
  barker_response ours;
  if (const Status s = check_response(response, request.request, host_minor, ours); !s.ok()) {
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

// An extension's table by its id, or NULL.
const void* get_extension(const char* id);

}  // namespace barker
