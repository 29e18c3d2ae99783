#include "index/engine/engine.h"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <utility>

#include "index/engine/engine_parts.h"
#include "index/engine/stored_ad.h"
#include "models/base/toml_text.h"
#include "models/text/text.h"
#include "plugin/host/control.h"
#include "plugin/host/extension.h"
#include "plugin/host/plugin_error.h"
#include "plugin/host/plugin_loader.h"
#include "plugin/host/session.h"

namespace barker {

void log_to_stderr(void*, int32_t level, barker_string message) {
  static constexpr const char* kLevels[] = {"info", "warning", "error"};
  try {  // messages quote paths and names, which others wrote
    std::fprintf(stderr, "barker: %s: %s\n", kLevels[level < 0 || level > 2 ? 2 : level],
                 visible(as_view(message)).c_str());
  } catch (const std::exception&) {
    // There is no memory for the message, and nothing may be thrown through the plugin.
  }
}

namespace {

// Whether the plugin's configuration lets other users write to the directory of its weights. The
// watcher, which reads CURRENT before the plugin sees a path, must then allow it, too.
bool allows_shared_directory(const std::string& config) {
  const Result<toml::table> table = parse_toml(config);
  return table.ok() && (*table)["shared_directory"].value_or(false);
}

// The exponent of the bid in the plugin's order, by which prices are computed. The plugin itself
// refuses a wrong configuration.
double bid_exponent_of(const std::string& config) {
  const Result<toml::table> table = parse_toml(config);
  return table.ok() ? (*table)["order"]["bid"].value_or(1.0) : 1.0;
}

// Whether weights may be loaded again after the start.
bool loads_again(const EngineOptions& options) {
  return options.watch || options.obey || !options.admin.empty();
}

bool has_watcher(const EngineOptions& options) {
  return loads_again(options) || !options.watched.rules.empty() ||
         !options.watched.experiments.empty();
}

// ICU reads the dictionary of each of these scripts when it is first asked, which takes longer than
// a query may: Chinese and Japanese, Thai, Lao, Khmer, Burmese.
Status warm_up_words(const MatchingRules& rules) {
  const Result<MatchingAnalyzer> analyzer = MatchingAnalyzer::create(rules.languages);
  if (!analyzer.ok()) return analyzer.status();
  (void)analyzer->words(
      "\u9762\u819c \u0e17\u0e35\u0e48 \u0e97\u0eb5\u0ec8 \u1791\u17b8 \u1019\u103c");
  return {};
}

}  // namespace

EngineParts::~EngineParts() {
  watcher.reset();
  catalogue.reset();
  if (plugin) api->destroy(plugin);
}

Result<std::unique_ptr<const EngineParts>> EngineParts::open(const EngineOptions& options) {
  std::unique_ptr<EngineParts> parts(new EngineParts(options));
  parts->bid_exponent = bid_exponent_of(options.config);
  if (Status s = parts->create_plugin(options); !s.ok()) return s;
  if (Status s = parts->open_catalogue(options); !s.ok()) return s;
  if (Status s = parts->load_weights(options); !s.ok()) return s;
  return std::unique_ptr<const EngineParts>(std::move(parts));
}

Status EngineParts::create_plugin(const EngineOptions& options) {
  const Result<const barker_api*> loaded = load_plugin(options.plugin);
  if (!loaded.ok()) return loaded.status();
  api = *loaded;
  if (user_states && !find_extension<barker_learn>(*api, BARKER_EXT_LEARN)) {
    return Status(Code::kBadConfiguration,
                  options.plugin + ": it learns no users' states: it lacks " BARKER_EXT_LEARN);
  }
  if (has_watcher(options))
    host.log = nullptr;  // the watcher's events say what the plugin would log
  char error[BARKER_ERROR_SIZE] = "";
  const int32_t code = api->create(&host, as_string(options.config), &plugin, error);
  return code == BARKER_OK ? Status() : plugin_error(code, error);
}

// Before the weights are loaded, which then resolve the ads.
Status EngineParts::open_catalogue(const EngineOptions& options) {
  LiveCatalogueOptions live;
  live.index = options.index;
  live.synonyms = options.synonyms;
  live.budgets = options.auction.budgets;
  live.time_zone = options.auction.time_zone;
  live.follow = options.follow;
  live.rebuild = options.rebuild;
  if (find_extension<barker_catalogue>(*api, BARKER_EXT_CATALOGUE)) {
    live.registry.add = [this](const AdStore& store) { return register_store(store); };
    live.registry.release = [this](uint64_t handle) { release_store(handle); };
  }
  live.report = [](const Status& status, const std::string& what) {
    const std::string text = status.ok() ? what : what + ": " + status.message();
    log_to_stderr(nullptr, status.ok() ? BARKER_LOG_INFO : BARKER_LOG_WARNING, as_string(text));
  };
  Result<std::unique_ptr<LiveCatalogue>> opened = LiveCatalogue::open(std::move(live));
  if (!opened.ok()) return opened.status();
  catalogue = std::move(*opened);
  return warm_up_words(catalogue->snapshot()->words->rules);
}

Status EngineParts::load_weights(const EngineOptions& options) {
  if (!loads_again(options) && !options.watched.weights.empty()) {
    const Result<uint64_t> generation = Control(*api, plugin).load(options.watched.weights);
    if (!generation.ok()) return generation.status();
  }
  if (!has_watcher(options)) return {};
  Watched watched = options.watched;
  watched.shared_directory = watched.shared_directory || allows_shared_directory(options.config);
  watched.follow_weights = options.watch;
  if (!loads_again(options)) watched.weights.clear();
  Result<std::unique_ptr<Watcher>> started =
      Watcher::start(*api, plugin, std::move(watched), options.admin);
  if (!started.ok()) return started.status();
  watcher = std::move(*started);
  return {};
}

// Gives the plugin the ads of the store, a part at a time, so that not all of them stand in memory
// twice at once.
Result<uint64_t> EngineParts::register_store(const AdStore& store) const {
  const auto catalogues = find_extension<barker_catalogue>(*api, BARKER_EXT_CATALOGUE);
  constexpr size_t kPart = 16 << 10;  // ads
  char error[BARKER_ERROR_SIZE] = "";
  uint64_t handle = 0;
  Session ads(*api, plugin);  // its buffers, to fill in structs
  for (size_t first = 0; first < store.size() || handle == 0; first += kPart) {
    ads.start({});
    for (size_t i = first; i < std::min(store.size(), first + kPart); ++i) {
      add_stored_ad(store.ad(i), ads).catalogue_ad = handle == 0 ? 0 : i + 1;
    }
    const barker_request& r = ads.complete_request();
    const uint64_t before = handle;
    const int32_t code =
        before == 0
            ? catalogues->add(plugin, r.ads, r.ad_count, r.ad_stride, &handle, error)
            : catalogues->upsert(plugin, before, r.ads, r.ad_count, r.ad_stride, &handle, error);
    if (code != BARKER_OK) {
      const Status failed = plugin_error(code, error);
      if (before != 0) release_store(before);
      return failed;
    }
    if (before == 0) continue;
    const int32_t released = catalogues->release(plugin, before, error);
    if (released != BARKER_OK) return plugin_error(released, error);
  }
  return handle;
}

void EngineParts::release_store(uint64_t handle) const {
  const auto catalogues = find_extension<barker_catalogue>(*api, BARKER_EXT_CATALOGUE);
  char error[BARKER_ERROR_SIZE] = "";
  if (catalogues->release(plugin, handle, error) == BARKER_OK) return;
  const std::string text = std::string("an old catalogue stays in memory: ") + error;
  log_to_stderr(nullptr, BARKER_LOG_WARNING, as_string(text));
}

Engine::Engine(std::unique_ptr<const EngineParts> parts) : parts_(std::move(parts)) {}
Engine::~Engine() = default;

Result<std::unique_ptr<Engine>> Engine::open(const EngineOptions& options) {
  Result<std::unique_ptr<const EngineParts>> parts = EngineParts::open(options);
  if (!parts.ok()) return parts.status();
  return std::unique_ptr<Engine>(new Engine(std::move(*parts)));
}

void Engine::reload() const noexcept {
  if (parts_->watcher) parts_->watcher->wake();
}

Result<std::string> Engine::ask(const std::string& command) const {
  if (parts_->watcher) return parts_->watcher->ask(command);
  return Status(Code::kFailedPrecondition, "this engine follows neither weights nor rules");
}

barker_stats Engine::plugin_stats() const {
  barker_stats stats{};
  stats.struct_size = sizeof stats;
  parts_->api->stats(parts_->plugin, &stats);
  return stats;
}

uint64_t Engine::weights_unreadable() const noexcept {
  return parts_->watcher ? parts_->watcher->unreadable() : 0;
}

bool Engine::are_rules_refused() const noexcept {
  return parts_->watcher && parts_->watcher->are_rules_refused();
}

bool Engine::are_experiments_refused() const noexcept {
  return parts_->watcher && parts_->watcher->are_experiments_refused();
}

bool Engine::spend(std::string_view ad_id, double amount) const noexcept {
  if (!(amount >= 0) || amount > BARKER_MAX_NUMBER) return false;
  return parts_->catalogue->spend(ad_id, amount);
}

std::string Engine::title_of(std::string_view ad_id) const {
  const std::shared_ptr<const CatalogueSnapshot> now = parts_->catalogue->snapshot();
  const std::optional<AdPlace> place = now->find(ad_id);
  return place ? now->segment(*place).stored(place->ad).title()->str() : "";
}

Result<ChangeSummary> Engine::change(std::string_view json_lines) const {
  return parts_->catalogue->change(json_lines);
}

Status Engine::refresh_catalogue() const { return parts_->catalogue->refresh(); }

LiveCatalogueStatus Engine::catalogue_status() const { return parts_->catalogue->status(); }

}  // namespace barker
