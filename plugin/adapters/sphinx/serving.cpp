#include "plugin/adapters/sphinx/serving.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "models/base/file_bytes.h"
#include "models/base/toml_text.h"
#include "plugin/adapters/sphinx/control_file.h"
#include "plugin/host/extension.h"
#include "plugin/host/names.h"
#include "plugin/host/plugin_error.h"
#include "plugin/host/plugin_loader.h"
#include "plugin/host/watcher.h"

namespace barker::sphinx {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds kBetweenTries{1};
constexpr size_t kMaxConfigSize = 1 << 20;

// True at most once a second, whichever threads ask.
class OnceASecond {
 public:
  bool due() {
    const int64_t now = Clock::now().time_since_epoch() / std::chrono::milliseconds(1);
    int64_t last = last_ms_.load();
    return now - last >= kBetweenTries / std::chrono::milliseconds(1) &&
           last_ms_.compare_exchange_strong(last, now);
  }

 private:
  std::atomic<int64_t> last_ms_ = -1'000'000;
};

// Messages go to the file that the control file names, or to the server's log, or to standard
// error.
class Log {
 public:
  ~Log() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  // Does nothing for the file that is open. A file that cannot be opened is told of once. Not for
  // two threads at once; any others may write meanwhile.
  void open(const std::string& path) {
    if (path == path_) return;
    const int descriptor = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
    if (descriptor < 0) {
      if (path != refused_path_) {
        write("barker_sphinx: " + path + ": cannot be opened for the log");
      }
      refused_path_ = path;
      return;
    }
    path_ = path;
    refused_path_.clear();
    if (descriptor_ < 0) {
      descriptor_ = descriptor;
      return;
    }
    // Another thread may be about to write to the old descriptor. Its number stays, so that the
    // line cannot go to a file that the server opens under it.
    ::dup3(descriptor, descriptor_, O_CLOEXEC);
    ::close(descriptor);
  }
  void write(const std::string& text) {
    const int descriptor = descriptor_;
    udf_log* const server = server_;
    if (descriptor < 0 && server) return server(text.c_str(), static_cast<int>(text.size()));
    const std::string line = text + "\n";
    // A log on a full disk must not stop a search.
    [[maybe_unused]] const auto written =
        ::write(descriptor < 0 ? STDERR_FILENO : descriptor, line.data(), line.size());
  }
  using udf_log = void(const char*, int);
  void set_server(udf_log* server) { server_ = server; }

 private:
  std::string path_, refused_path_;
  std::atomic<int> descriptor_ = -1;  // once open, it is closed by the destructor alone
  std::atomic<udf_log*> server_ = nullptr;
};

// The path from which this library was loaded.
std::string library_path() {
  Dl_info info{};
  if (!dladdr(reinterpret_cast<void*>(&barker_serving_find), &info) || !info.dli_fname) return {};
  return info.dli_fname;
}

// libbarker.so lies beside the file that a link in plugin_dir leads to.
std::string default_library(const std::string& self) {
  std::error_code error;
  const std::filesystem::path real = std::filesystem::canonical(self, error);
  return ((error ? std::filesystem::path(self) : real).parent_path() / "libbarker.so").string();
}

bool writes_html(const std::string& config) {
  const Result<toml::table> table = parse_toml(config);
  if (!table.ok()) return true;  // create() has refused it
  return (*table)["title"]["format"].value_or(std::string("html")) == "html";
}

class Process {
 public:
  Process() {
    host_.struct_size = sizeof host_;
    host_.abi_major = BARKER_ABI_MAJOR;
    host_.abi_minor = BARKER_ABI_MINOR;
    host_.context = this;
    host_.log = [](void* context, int32_t, barker_string message) {
      static_cast<Process*>(context)->log_.write("barker: " +
                                                 std::string(message.data, message.size));
    };
  }
  ~Process() {
    // In a child of fork the watcher's thread does not exist, so that nothing could wait for it.
    if (::getpid() != owner_) {
      (void)watcher_.release();
      return;
    }
    watcher_.reset();
    if (serving_.plugin) serving_.api->destroy(serving_.plugin);
  }

  const barker_serving* find() {
    if (!is_complete_ && tries_.due()) {
      const std::unique_lock lock(mutex_, std::try_to_lock);
      if (lock && !is_complete_) try_to_start();
    }
    return is_ready_ ? &serving_ : nullptr;
  }
  void report(const std::string& text) {
    const std::lock_guard lock(reports_mutex_);
    if (text == last_report_ || !reports_.due()) return;
    last_report_ = text;
    log_.write("barker_sphinx: " + text);
  }
  Log& log() { return log_; }

 private:
  void try_to_start() {
    const Status status = start();
    // The same failure is told once, and not once a second.
    if (!status.ok() && status.message() != last_failure_) {
      log_.write("barker_sphinx: " + status.message());
    }
    last_failure_ = status.message();
    is_complete_ = status.ok();
  }

  // Continues where the last try ended: first the plugin, then its weights and the watcher.
  Status start() {
    const std::string self = library_path();
    const Result<ControlFile> control =
        read_control_file(control_file_path(self), default_library(self));
    if (!control.ok()) return control.status();
    if (!control->log.empty()) log_.open(control->log);
    if (!serving_.plugin) {
      if (Status status = make_plugin(*control); !status.ok()) return status;
    }
    Watched watched;
    watched.weights = control->weights;
    watched.shared_directory = control->shared_directory;
    watched.rules = control->rules;
    watched.experiments = control->experiments;
    watched.probation_seconds = control->probation_seconds;
    watched.tell = [this](const std::string& line) { log_.write(line); };
    auto watcher = Watcher::start(*serving_.api, serving_.plugin, watched, control->admin);
    if (!watcher.ok()) return watcher.status();
    watcher_ = std::move(*watcher);
    owner_ = ::getpid();
    return {};
  }

  Status make_plugin(const ControlFile& control) {
    const Result<const barker_api*> api = load_plugin(control.library);
    if (!api.ok()) return api.status();
    const auto prepared = find_extension<barker_prepared>(**api, BARKER_EXT_PREPARED);
    if (!prepared || !prepared->begin || !prepared->score || !prepared->end) {
      return {Code::kUnsupported, control.library + ": expected " BARKER_EXT_PREPARED};
    }
    std::string config;
    if (!control.plugin.empty()) {
      Result<std::string> text = read_small_file(control.plugin, kMaxConfigSize);
      if (!text.ok()) return text.status();
      config = std::move(*text);
    }
    char error[BARKER_ERROR_SIZE] = "";
    barker_plugin* plugin = nullptr;
    const int32_t code = (*api)->create(&host_, {config.data(), config.size()}, &plugin, error);
    if (code != BARKER_OK) return plugin_error(code, control.plugin + ": " + error);
    serving_ = {*api, plugin, *prepared, writes_html(config) ? 1 : 0};
    owner_ = ::getpid();
    is_ready_ = true;
    return {};
  }

  Log log_;
  barker_host host_{};
  OnceASecond tries_, reports_;
  std::mutex reports_mutex_;
  std::string last_report_;
  std::mutex mutex_;  // of the members below, and of log_.open()
  std::string last_failure_;
  barker_serving serving_{};  // does not change once is_ready_
  std::unique_ptr<Watcher> watcher_;
  std::atomic<pid_t> owner_ = ::getpid();
  std::atomic<bool> is_ready_ = false;     // there is a plugin, with or without weights
  std::atomic<bool> is_complete_ = false;  // and a watcher
};

// Destroyed when the server unloads this library, after its last query: so the watcher's thread has
// ended before its code goes.
Process& process() {
  static Process the_process;
  return the_process;
}

}  // namespace
}  // namespace barker::sphinx

extern "C" {

const barker_serving* barker_serving_find(void) {
  try {
    return barker::sphinx::process().find();
  } catch (const std::exception&) {
    return nullptr;  // out of memory: the first pass stays as it is
  }
}

void barker_serving_set_log(void (*log)(const char* text, int size)) {
  try {
    barker::sphinx::process().log().set_server(log);
  } catch (const std::exception&) {
  }
}

const char* barker_serving_status_name(int32_t status) { return barker::status_name(status); }

void barker_serving_report(const char* text) {
  try {
    barker::sphinx::process().report(text);
  } catch (const std::exception&) {
  }
}

}  // extern "C"
