// The exported object: the core table of the ABI.

#include "plugin/boundary.h"

namespace barker {

bool read_request(const barker_request* from, CheckedRequest& to, char* error) {
  const Status status = check_request(from, to);
  if (!status.ok()) set_error(error, "request: " + status.message());
  return status.ok();
}

bool read_request_without_ads(const barker_request* from, CheckedRequest& to, char* error) {
  if (!read_request(from, to, error)) return false;
  const uint64_t ads = to.request.ad_count;
  if (ads != 0) set_error(error, "request: ad_count: expected 0, found " + std::to_string(ads));
  return ads == 0;
}

namespace {

Result<Isa> choose_kernels(const Config& config, int32_t& code) {
  Result<Isa> isa = choose_isa(config.isa);
  if (!isa.ok()) {
    code = isa.status().code() == Code::kUnsupported ? BARKER_E_UNSUPPORTED : BARKER_E_CONFIG;
  }
  return isa;
}

int32_t create(const barker_host* host, barker_string text, barker_plugin** plugin, char* error) {
  return guard<WholeEnvironment>(error, [&] {
    if (!plugin) return no_plugin(error);
    *plugin = nullptr;
    if (!host || host->struct_size < offsetof(barker_host, context)) {
      return fail(error, BARKER_E_INVALID_ARGUMENT,
                  "host: expected a barker_host with its struct_size");
    }
    // Any minor version of the host meets any of the plugin: each reads what struct_size covers.
    if (host->abi_major != BARKER_ABI_MAJOR) {
      return fail(error, BARKER_E_VERSION,
                  "abi: the plugin is " + std::to_string(BARKER_ABI_MAJOR) + "." +
                      std::to_string(BARKER_ABI_MINOR) + ", the host is " +
                      std::to_string(host->abi_major) + "." + std::to_string(host->abi_minor));
    }
    if (text.size > 0 && !text.data) {
      return fail(error, BARKER_E_INVALID_ARGUMENT, "config.data: expected a pointer, found NULL");
    }
    Result<Config> config = parse_config(view(text));
    if (!config.ok()) {
      return fail(error, BARKER_E_CONFIG, "configuration: " + config.status().message());
    }
    int32_t code = BARKER_OK;
    const Result<Isa> isa = choose_kernels(*config, code);
    if (!isa.ok()) return fail(error, code, "configuration: " + isa.status().message());
    barker_host copy{};
    std::memcpy(&copy, host, std::min<uint64_t>(host->struct_size, sizeof copy));
    *plugin = new barker_plugin{{std::move(config).value(), kernels_for(*isa), copy}};
    return BARKER_OK;
  });
}

// The locks go with the plugin. Inside of a callback of the plugin, or where another thread was
// inside of a control call or of compare when this process was forked, nothing happens: what that
// call still uses, or left half done, must not be freed.
void destroy(barker_plugin* plugin) {
  if (!plugin) return;
  guard<WholeEnvironment>(nullptr, [&] {
    CallLock& control = plugin->plugin.control_lock();
    if (control.enter() != CallLock::Entry::kEntered) return BARKER_OK;
    if (plugin->plugin.compare_lock().enter() == CallLock::Entry::kEntered) {
      delete plugin;
    } else {
      control.leave();
    }
    return BARKER_OK;
  });
}

int32_t rescore(barker_plugin* plugin, const barker_request* request, barker_response* response,
                char* error) {
  const int32_t code = answer_into(response, plugin, error, [&]() -> int32_t {
    if (!plugin) return no_plugin(error);
    CheckedRequest checked;
    if (!read_request(request, checked, error)) return BARKER_E_INVALID_ARGUMENT;
    return respond(checked, plugin->plugin.host_minor(), response, error,
                   [&](barker_response& ours) { return plugin->plugin.rescore(checked, ours); });
  });
  // Before 1.2 this was the code, with text_size, of a buffer that is too small.
  const bool is_old = plugin && plugin->plugin.host_minor() < 2;
  return code == BARKER_E_TOO_SMALL && is_old ? BARKER_E_INVALID_ARGUMENT : code;
}

uint64_t text_bound(const barker_plugin* plugin, const barker_request* request) {
  uint64_t bound = 0;
  guard(nullptr, [&]() -> int32_t {
    CheckedRequest checked;
    if (plugin && read_request(request, checked, nullptr))
      bound = plugin->plugin.text_bound(checked);
    return BARKER_OK;
  });
  return bound;
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
                                            barker::text_bound};
