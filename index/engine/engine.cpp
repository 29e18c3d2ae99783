#include "index/engine/engine.h"

#include <algorithm>
#include <cstdio>
#include <exception>

#include "index/engine/engine_parts.h"
#include "index/engine/stored_ad.h"
#include "index/retrieval/manifest.h"
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

// The exponent of the bid in the plugin's order, by which prices are computed. The plugin itself refuses
// a wrong configuration.
double bid_exponent_of(const std::string& config) {
  const Result<toml::table> table = parse_toml(config);
  return table.ok() ? (*table)["order"]["bid"].value_or(1.0) : 1.0;
}

}  // namespace

EngineParts::~EngineParts() {
  watcher.reset();
  if (plugin) api->destroy(plugin);
}

Result<std::unique_ptr<const EngineParts>> EngineParts::open(const EngineOptions& options) {
  Result<AdStore> store = AdStore::open(options.index + "/ads.store");
  if (!store.ok()) return store.status();
  Result<MatchingRules> rules = read_matching_rules(options.index);
  if (!rules.ok()) return rules.status();
  if (Status s = check_manifest(options.index); !s.ok()) return s;
  Result<BidIndex> bids = BidIndex::open(options.index);
  if (!bids.ok()) return bids.status();
  Result<TitleIndex> titles = TitleIndex::open(options.index + "/titles");
  if (!titles.ok()) return titles.status();
  for (const auto& [name, ads] :
       {std::pair("titles", titles->documents()), std::pair("bids.book", bids->book().ads())}) {
    if (ads == store->size()) continue;
    return bad_data(options.index + ": expected as many ads in ads.store as in " + name +
                    ", found " + std::to_string(store->size()) + " and " + std::to_string(ads));
  }
  if (bids->book().languages() != rules->languages.size()) {
    return bad_data(options.index + ": bids.book and matching.toml name different languages");
  }
  std::unique_ptr<EngineParts> parts(new EngineParts(
      std::move(bids).value(), std::move(titles).value(), std::move(store).value(), options));
  parts->rules = std::move(*rules);
  if (Status s = parts->read_matching(options); !s.ok()) return s;
  Result<AdBudgets> budgets =
      AdBudgets::open(parts->store, options.auction.budgets, options.auction.time_zone);
  if (!budgets.ok()) return budgets.status();
  parts->budgets = std::move(*budgets);
  if (Status s = parts->start_plugin(options); !s.ok()) return s;
  parts->bid_exponent = bid_exponent_of(options.config);
  return std::unique_ptr<const EngineParts>(std::move(parts));
}

Status EngineParts::read_matching(const EngineOptions& options) {
  const Result<MatchingAnalyzer> analyzer = MatchingAnalyzer::create(rules.languages);
  if (!analyzer.ok()) return analyzer.status();
  // ICU reads the dictionary of each of these scripts when it is first asked, which takes longer than
  // a query may: Chinese and Japanese, Thai, Lao, Khmer, Burmese.
  (void)analyzer->words(
      "\u9762\u819c \u0e17\u0e35\u0e48 \u0e97\u0eb5\u0ec8 \u1791\u17b8 \u1019\u103c");
  if (options.synonyms.empty()) return {};
  Result<Synonyms> words = Synonyms::read(options.synonyms, *analyzer);
  if (!words.ok()) return words.status();
  synonyms = std::move(*words);
  return {};
}

Status EngineParts::start_plugin(const EngineOptions& options) {
  const Result<const barker_api*> loaded = load_plugin(options.plugin);
  if (!loaded.ok()) return loaded.status();
  api = *loaded;
  const bool watches = options.watch || !options.watched.rules.empty() || !options.admin.empty();
  if (watches) host.log = nullptr;  // the watcher's events say what the plugin would log
  char error[BARKER_ERROR_SIZE] = "";
  const int32_t code = api->create(&host, as_string(options.config), &plugin, error);
  if (code != BARKER_OK) return plugin_error(code, error);
  if (Status s = register_store(); !s.ok()) return s;
  if (!options.watch && !options.watched.weights.empty()) {
    const Result<uint64_t> generation = Control(*api, plugin).load(options.watched.weights);
    if (!generation.ok()) return generation.status();
  }
  if (!watches) return {};
  Watched watched = options.watched;
  watched.shared_directory = watched.shared_directory || allows_shared_directory(options.config);
  if (!options.watch) watched.weights.clear();
  Result<std::unique_ptr<Watcher>> started =
      Watcher::start(*api, plugin, std::move(watched), options.admin);
  if (!started.ok()) return started.status();
  watcher = std::move(*started);
  return {};
}

// Gives the plugin the ads of the store, a part at a time, so that not all of them stand in memory
// twice at once. Before the weights are loaded, which then resolve them.
Status EngineParts::register_store() {
  const auto catalogues = find_extension<barker_catalogue>(*api, BARKER_EXT_CATALOGUE);
  if (!catalogues) return {};
  constexpr size_t kPart = 16 << 10;  // ads
  char error[BARKER_ERROR_SIZE] = "";
  Session ads(*api, plugin);  // its buffers, to fill in structs
  for (size_t first = 0; first < store.size() || catalogue == 0; first += kPart) {
    ads.start({});
    for (size_t i = first; i < std::min(store.size(), first + kPart); ++i) {
      add_stored_ad(store.ad(i), ads).catalogue_ad = catalogue == 0 ? 0 : i + 1;
    }
    const barker_request& r = ads.complete_request();
    const uint64_t before = catalogue;
    const int32_t code =
        before == 0
            ? catalogues->add(plugin, r.ads, r.ad_count, r.ad_stride, &catalogue, error)
            : catalogues->upsert(plugin, before, r.ads, r.ad_count, r.ad_stride, &catalogue, error);
    if (code != BARKER_OK) return plugin_error(code, error);
    if (before == 0) continue;
    const int32_t released = catalogues->release(plugin, before, error);
    if (released != BARKER_OK) return plugin_error(released, error);
  }
  return {};
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

bool Engine::spend(std::string_view ad_id, double amount) const noexcept {
  if (!(amount >= 0) || amount > BARKER_MAX_NUMBER) return false;
  const AdBudgets& budgets = parts_->budgets;
  const auto at = budgets.by_id.find(fingerprint(ad_id));
  return at == budgets.by_id.end() || budgets.ledger->spend(at->second, amount);
}

}  // namespace barker
