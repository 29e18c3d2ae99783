#include "index/engine/engine.h"

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <exception>

#include "index/catalogue/ad_store.h"
#include "index/catalogue/ad_store_generated.h"
#include "index/retrieval/lucene_index.h"
#include "models/text/text.h"
#include "plugin/host/plugin_error.h"
#include "plugin/host/plugin_loader.h"
#include "plugin/host/watcher.h"

namespace barker {
namespace {

barker_string view(const std::string& text) { return {text.data(), text.size()}; }
barker_string view(const flatbuffers::String& text) { return {text.c_str(), text.size()}; }

void log_to_stderr(void*, int32_t level, barker_string message) {
  static constexpr const char* kLevels[] = {"info", "warning", "error"};
  try {  // paths and names are others' words
    std::fprintf(stderr, "barker: %s: %s\n", kLevels[level < 0 || level > 2 ? 2 : level],
                 visible({message.data, message.size}).c_str());
  } catch (const std::exception&) {  // no memory for a message: the plugin must not see it throw
  }
}

// Clean, and escaped as HTML: that is safe in whatever format the plugin writes titles.
std::string untouched_title(const barker_string& title) {
  std::string out;
  append_html_escaped(visible({title.data, title.size}), out);
  return out;
}

const char* status_name(int32_t status) {
  switch (status) {
    case BARKER_STATUS_RESCORED:
      return "rescored";
    case BARKER_STATUS_PARTIAL:
      return "partial";
    default:
      return "bypassed";
  }
}

const char* reason_name(int32_t reason) {
  switch (reason) {
    case BARKER_REASON_NONE:
      return "";
    case BARKER_REASON_DEADLINE:
      return "deadline";
    case BARKER_REASON_NO_WEIGHTS:
      return "no weights";
    case BARKER_REASON_DISABLED:
      return "disabled";
    case BARKER_REASON_NON_FINITE:
      return "non-finite score";
    case BARKER_REASON_NO_ADS:
      return "no ads";
    default:
      return "internal";
  }
}

class Stopwatch {
 public:
  double lap() {  // microseconds since the last
    const auto now = std::chrono::steady_clock::now();
    const std::chrono::duration<double, std::micro> took = now - last_;
    last_ = now;
    return took.count();
  }

 private:
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

}  // namespace

struct Engine::Impl {
  Impl(LuceneIndex lucene, AdStore ad_store)
      : index(std::move(lucene)), store(std::move(ad_store)) {}
  ~Impl() {
    watcher.reset();
    if (plugin) api->destroy(plugin);
  }

  Status start_plugin(const EngineOptions& options) {
    const Result<const barker_api*> loaded = load_plugin(options.plugin);
    if (!loaded.ok()) return loaded.status();
    api = *loaded;
    const bool watches = options.watch || !options.watched.rules.empty() || !options.admin.empty();
    if (watches) host.log = nullptr;  // the watcher tells all that the plugin would
    char error[BARKER_ERROR_SIZE] = "";
    int32_t code = api->create(&host, view(options.config), &plugin, error);
    if (code == BARKER_OK && !options.watch && !options.watched.weights.empty()) {
      code = api->load_weights(plugin, view(options.watched.weights), nullptr, error);
    }
    if (code != BARKER_OK) return plugin_error(code, error);
    if (!watches) return {};
    Watched watched = options.watched;
    if (!options.watch) watched.weights.clear();
    Result<std::unique_ptr<Watcher>> started =
        Watcher::start(*api, plugin, std::move(watched), options.admin);
    if (!started.ok()) return started.status();
    watcher = std::move(*started);
    return {};
  }

  // Hits to the plugin's ads, straight from the mapped store.
  void fetch(const std::vector<Hit>& hits) {
    ads.clear();
    points.clear();
    std::vector<size_t> first_point;
    for (const Hit& hit : hits) {
      first_point.push_back(points.size());
      for (const fbs::StoredSellingPoint* p : *store.ad(hit.document).selling_points()) {
        points.push_back({sizeof(barker_selling_point), view(*p->text()), p->fingerprint()});
      }
    }
    for (size_t i = 0; i < hits.size(); ++i) {
      const fbs::StoredAd& stored = store.ad(hits[i].document);
      barker_ad ad{};
      ad.struct_size = sizeof ad;
      ad.id = view(*stored.id());
      ad.title = view(*stored.title());
      ad.first_pass_score = hits[i].score;
      ad.bid = stored.bid();
      ad.title_keywords = stored.title_keywords()->data();
      ad.title_keyword_count = stored.title_keywords()->size();
      ad.selling_points = points.data() + first_point[i];
      ad.selling_point_count = stored.selling_points()->size();
      ad.selling_point_stride = sizeof(barker_selling_point);
      if (stored.merchant()) ad.merchant = view(*stored.merchant());
      if (stored.category()) ad.category = view(*stored.category());
      ad.flags = stored.opt_out() ? BARKER_AD_OPT_OUT : 0;
      ads.push_back(ad);
    }
  }

  void fill_request(const std::string& query, const Profile& user) {
    keywords.clear();
    tokens.clear();
    groups.clear();
    for (const std::string& keyword : user.keywords) keywords.push_back(view(keyword));
    for (const auto& [name, group] : user.groups) {
      for (const std::string& token : group) tokens.push_back(view(token));
    }
    size_t first = 0;
    for (const auto& [name, group] : user.groups) {
      groups.push_back(
          {sizeof(barker_group), view(name), tokens.data() + first, group.size(), nullptr});
      first += group.size();
    }
    request = {};
    request.struct_size = sizeof request;
    request.query = view(query);
    request.user = view(user.user);
    request.user_keywords = keywords.data();
    request.user_keyword_count = keywords.size();
    request.groups = groups.data();
    request.group_count = groups.size();
    request.group_stride = sizeof(barker_group);
    request.ads = ads.data();
    request.ad_count = ads.size();
    request.ad_stride = sizeof(barker_ad);
  }

  Status rescore() {
    results.resize(ads.size());
    for (barker_result_ad& result : results) result.struct_size = sizeof result;
    if (text.empty()) text.resize(1 << 16);
    for (int attempt = 0;; ++attempt) {
      response = {};
      response.struct_size = sizeof response;
      response.ads = results.data();
      response.ad_capacity = results.size();
      response.ad_stride = sizeof(barker_result_ad);
      response.text = text.data();
      response.text_capacity = text.size();
      char error[BARKER_ERROR_SIZE] = "";
      const int32_t code = api->rescore(plugin, &request, &response, error);
      if (code == BARKER_OK) return {};
      // Titles longer than ever before: the plugin says how much room it wants.
      if (attempt > 0 || response.text_size <= text.size()) return plugin_error(code, error);
      text.resize(response.text_size);
    }
  }

  AdShown show(uint64_t hit, size_t rank, std::string title) const {
    const barker_ad& ad = ads[hit];
    AdShown shown;
    shown.id.assign(ad.id.data, ad.id.size);
    shown.title = std::move(title);
    shown.original_title.assign(ad.title.data, ad.title.size);
    shown.rank = rank + 1;
    shown.first_pass_rank = hit + 1;
    shown.score = ad.first_pass_score;
    shown.bid = ad.bid;
    shown.pctr = NAN;
    return shown;
  }

  // What the plugin would not read, such as a query of a book's length: the page is not empty for
  // it.
  void show_first_pass(SearchResult& out, const Status& why) const {
    const std::string warning = "the plugin refused the query: " + why.message();
    log_to_stderr(nullptr, BARKER_LOG_WARNING, view(warning));
    out.status = status_name(BARKER_STATUS_BYPASSED);
    out.reason = "refused";
    for (size_t i = 0; i < ads.size(); ++i) {
      out.ads.push_back(show(i, i, untouched_title(ads[i].title)));
    }
  }

  void read_response(SearchResult& out) const {
    out.status = status_name(response.status);
    out.reason = reason_name(response.reason);
    out.generation = response.generation;
    out.times.map = static_cast<double>(response.map_ns) / 1e3;
    out.times.score = static_cast<double>(response.score_ns) / 1e3;
    out.times.choose = static_cast<double>(response.choose_ns) / 1e3;
    out.times.rewrite = static_cast<double>(response.rewrite_ns) / 1e3;
    for (size_t rank = 0; rank < results.size(); ++rank) {
      const barker_result_ad& result = results[rank];
      const barker_ad& ad = ads[result.ad];
      AdShown shown = show(result.ad, rank, {text.data() + result.title_offset, result.title_size});
      shown.score = result.score;
      shown.pctr = result.pctr;
      for (uint32_t k = 0; k < result.chosen_count; ++k) {
        const barker_chosen& chosen = result.chosen[k];
        const barker_string point = ad.selling_points[chosen.index].text;
        shown.selling_points.push_back(
            {std::string(point.data, point.size), chosen.score, chosen.begin, chosen.end});
      }
      out.ads.push_back(std::move(shown));
    }
  }

  LuceneIndex index;
  AdStore store;
  KeywordSplitter splitter;
  size_t limit = 50;
  barker_host host = {sizeof(barker_host), BARKER_ABI_MAJOR, BARKER_ABI_MINOR, nullptr,
                      log_to_stderr};
  const barker_api* api = nullptr;
  barker_plugin* plugin = nullptr;
  std::unique_ptr<Watcher> watcher;

  // Of the query that runs; kept for their memory.
  std::vector<barker_ad> ads;
  std::vector<barker_selling_point> points;
  std::vector<barker_string> keywords, tokens;
  std::vector<barker_group> groups;
  std::vector<barker_result_ad> results;
  std::string text;
  barker_request request{};
  barker_response response{};
};

void Engine::reload() noexcept {
  if (impl_->watcher) impl_->watcher->wake();
}

Engine::Engine() = default;
Engine::~Engine() = default;

Result<std::unique_ptr<Engine>> Engine::open(const EngineOptions& options) {
  Result<AdStore> store = AdStore::open(options.index + "/ads.store");
  if (!store.ok()) return store.status();
  Result<LuceneIndex> index = LuceneIndex::open(options.index + "/lucene");
  if (!index.ok()) return index.status();
  if (index->documents() != store->size()) {
    return bad_data(options.index + ": expected as many ads in the store as in the index, found " +
                    std::to_string(store->size()) + " and " + std::to_string(index->documents()));
  }
  std::unique_ptr<Engine> engine(new Engine);
  engine->impl_ = std::make_unique<Impl>(std::move(index).value(), std::move(store).value());
  engine->impl_->limit = options.limit;
  if (Status s = engine->impl_->start_plugin(options); !s.ok()) return s;
  return engine;
}

Result<SearchResult> Engine::search(const std::string& raw_query, const Profile& user,
                                    bool explain) {
  Impl& i = *impl_;
  SearchResult out;
  out.query = sanitize_utf8(raw_query);
  out.user = user.user;
  Stopwatch watch;
  const std::vector<Keyword> words = i.splitter.split(out.query);
  out.times.analyse = watch.lap();
  const Result<std::vector<Hit>> hits = i.index.search(words, i.limit);
  if (!hits.ok()) return hits.status();
  out.times.first_pass = watch.lap();
  i.fetch(*hits);
  i.fill_request(out.query, user);
  out.times.fetch = watch.lap();
  const Status rescored = i.rescore();
  out.times.rescore = watch.lap();
  if (!rescored.ok()) {
    i.show_first_pass(out, rescored);
    return out;
  }
  i.read_response(out);
  if (explain) {
    const auto* extension =
        static_cast<const barker_explain*>(i.api->get_extension(BARKER_EXT_EXPLAIN));
    if (!extension)
      return invalid_argument("this plugin cannot explain: it lacks " BARKER_EXT_EXPLAIN);
    barker_string json{};
    char error[BARKER_ERROR_SIZE] = "";
    const int32_t code = extension->explain(i.plugin, &i.request, &json, error);
    if (code != BARKER_OK) return plugin_error(code, error);
    out.explanation.assign(json.data, json.size);
    extension->release(json);
  }
  return out;
}

}  // namespace barker
