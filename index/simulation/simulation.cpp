#include "index/simulation/simulation.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>

#include "index/engine/engine_session.h"
#include "index/engine/raw_impression.h"
#include "models/base/output_file.h"

namespace barker {
namespace {

constexpr uint32_t kBlock = 64;               // shoppers that a thread takes at once
constexpr int64_t kFirstDay = 1'790'000'000;  // seconds since 1970
constexpr int64_t kDay = 24 * 60 * 60;        // seconds
constexpr char kMark[] = "<em>";              // the plugin's own, which the options leave as it is
constexpr uint64_t kPast = ~uint64_t{0};      // the "day" of what was before the first one

// What all threads read.
struct Scene {
  explicit Scene(const SimulationOptions& simulation_options)
      : options(simulation_options), market(options.market) {
    for (const MarketAd& ad : market.ads()) ads.emplace(ad.id, &ad);
  }

  // A stream of its own for each shopper and day.
  Random random_of(uint32_t shopper, uint64_t day) const {
    return {mix_bits(options.seed * kRandomStep + shopper), day};
  }

  const SimulationOptions& options;
  const Market market;
  std::unordered_map<std::string, const MarketAd*> ads;
};

// What a shopper thinks of the titles of an ad.
class Reader {
 public:
  Reader(const Scene& scene, const Shopper& shopper, const AdShown& shown)
      : reading_(scene.options.reading), ad_(*scene.ads.at(shown.id)) {
    const std::vector<MarketPoint>& points = market_categories()[ad_.category].points;
    for (const size_t p : ad_.points) {
      const double like = liking(shopper.taste, points[p]);
      (std::ranges::count(ad_.in_title, p) > 0 ? in_title_ : others_).push_back(like);
      for (const SellingPointShown& chosen : shown.selling_points) {
        if (chosen.text == points[p].text) shown_.push_back(like);
      }
    }
    is_marked_ = shown.title.find(kMark) != std::string::npos;
  }

  // The plugin may put a selling point that stands in the title before it, too.
  double as_shown() const { return click_probability(reading_, {in_title_, shown_, is_marked_}); }
  double without() const { return click_probability(reading_, {in_title_, {}, false}); }
  double best(size_t count) const {
    std::vector<double> liked = others_;
    std::ranges::sort(liked, std::greater<>());
    liked.resize(std::min(liked.size(), count));
    return click_probability(reading_, {in_title_, liked, true});
  }

 private:
  const ReadingModel& reading_;
  const MarketAd& ad_;
  std::vector<double> in_title_, others_, shown_;
  bool is_marked_ = false;
};

// A shopper between two days.
struct State {
  std::deque<std::string> history, clicked_sfs;
  uint64_t searches = 0;
};

// One thread's part of a day.
class Day {
 public:
  Day(const Scene& scene, const Engine& engine, uint32_t day)
      : scene_(scene), session_(engine), day_(day) {
    search_.shown = scene.options.shown;
    search_.bar.count = scene.options.features;
  }

  // Lets one shopper search. The lines of the raw log are appended to `log` if there is to be one.
  Status run(uint32_t number, State& state, std::string& arm, ShopperTotals& totals,
             std::string* log) {
    Shopper shopper = scene_.market.shoppers()[number];
    shopper.history = std::move(state.history);
    shopper.clicked_sfs = std::move(state.clicked_sfs);
    if (day_ == 0) remember_the_past(number, shopper);
    Random random = scene_.random_of(number, day_);
    const uint64_t searches = random.poisson(scene_.options.searches);
    // Shoppers come one after the other over the day, so that the log is nearly in time order.
    int64_t time = kFirstDay + kDay * day_ +
                   kDay * number / static_cast<int64_t>(scene_.market.shoppers().size());
    for (uint64_t i = 0; i < searches; ++i, time += 60) {
      const std::string request =
          "s" + std::to_string(number) + "-" + std::to_string(state.searches++);
      if (Status s = search(shopper, request, time, random, arm, totals, log); !s.ok()) return s;
    }
    state.history = std::move(shopper.history);
    state.clicked_sfs = std::move(shopper.clicked_sfs);
    return {};
  }

  uint64_t searches() const { return searches_; }
  uint64_t bypassed() const { return bypassed_; }

 private:
  void remember_the_past(uint32_t number, Shopper& shopper) const {
    Random random = scene_.random_of(number, kPast);
    const uint64_t searches = random.poisson(scene_.options.past);
    for (uint32_t i = 0; i < searches; ++i) {
      scene_.market.remember(shopper, scene_.market.random_search(shopper, i, random));
    }
  }

  Status search(Shopper& shopper, const std::string& request, int64_t time, Random& random,
                std::string& arm, ShopperTotals& totals, std::string* log) {
    const MarketCategory& category = random.pick(market_categories());
    const std::string& query = random.pick(category.nouns);
    profile_.user = shopper.id;
    profile_.keywords.assign(shopper.history.begin(), shopper.history.end());
    profile_.groups = {{"profile", shopper.profile},
                       {kClickedSfs, {shopper.clicked_sfs.begin(), shopper.clicked_sfs.end()}}};
    session_.reseed(random.next());
    Result<SearchResult> page = session_.search(query, profile_, search_);
    if (!page.ok()) return page.status();
    ++searches_;
    bypassed_ += page->status == "bypassed";
    if (!page->arms.empty()) arm = page->arms[0].experiment + "/" + page->arms[0].arm;
    const size_t end = std::min(scene_.options.shown, page->ads.size());
    SearchEvent clicks;
    if (log) {
      RawImpression line = raw_impression_of(*page, profile_, 0, end);
      line.request = request;
      line.time = time * 1000;
      *log += to_line(line);
    }
    read_ads(shopper, *page, end, random, clicks, totals);
    read_bar(shopper, category, *page, random, clicks);
    if (log) log_clicks(request, time, clicks, *page, *log);
    scene_.market.remember(shopper, clicks);
    return {};
  }

  void read_ads(const Shopper& shopper, const SearchResult& page, size_t end, Random& random,
                SearchEvent& clicks, ShopperTotals& totals) const {
    for (size_t i = 0; i < end; ++i) {
      const AdShown& ad = page.ads[i];
      const Reader reader(scene_, shopper, ad);
      const double looks = look_probability(scene_.options.reading, i + 1);
      const double probability = looks * reader.as_shown();
      const bool is_clicked = random.chance(probability);
      totals.impressions += 1;
      totals.clicks += is_clicked;
      totals.expected += probability;
      totals.expected_none += looks * reader.without();
      totals.expected_best += looks * reader.best(scene_.options.oracle);
      if (is_clicked) clicks.ads.push_back({ad.id, ad.original_title, {}, true, probability});
    }
  }

  static void read_bar(const Shopper& shopper, const MarketCategory& category,
                       const SearchResult& page, Random& random, SearchEvent& clicks) {
    for (const FeatureShown& shown : page.features) {
      const auto point = std::ranges::find(category.points, shown.keyword, &MarketPoint::text);
      if (point == category.points.end()) continue;
      const double probability = sf_click_probability(liking(shopper.taste, *point));
      if (random.chance(probability)) clicks.sfs.push_back({shown.keyword, true, probability});
    }
  }

  static void log_clicks(const std::string& request, int64_t time, const SearchEvent& clicks,
                         const SearchResult& page, std::string& log) {
    uint32_t count = 0;
    const auto add = [&](RawClick::Kind kind, const std::string& object, size_t position) {
      RawClick click;
      click.event = request + "-" + std::to_string(++count);
      click.time = time * 1000 + count * 1000;
      click.request = request;
      click.kind = kind;
      click.object = object;
      click.position = static_cast<uint32_t>(position);
      log += to_line(click);
    };
    for (const AdImpression& ad : clicks.ads) {
      add(RawClick::Kind::kAd, ad.id, std::ranges::find(page.ads, ad.id, &AdShown::id)->rank);
    }
    for (const SfImpression& sf : clicks.sfs) {
      add(RawClick::Kind::kSf, sf.text,
          std::ranges::find(page.features, sf.text, &FeatureShown::keyword)->position);
    }
  }

  const Scene& scene_;
  EngineSession session_;
  const uint32_t day_;
  SearchOptions search_;
  Profile profile_;
  uint64_t searches_ = 0, bypassed_ = 0;
};

class Simulation {
 public:
  explicit Simulation(const SimulationOptions& options)
      : o_(options),
        scene_(options),
        states_(scene_.market.shoppers().size()),
        arms_(states_.size()) {
    result_.totals.resize(states_.size());
  }

  Result<SimulationResult> run() {
    Result<std::unique_ptr<Engine>> engine = Engine::open(o_.engine);
    if (!engine.ok()) return engine.status();
    std::optional<OutputFile> log;
    if (!o_.log.empty()) log.emplace(o_.log);
    for (uint32_t day = 0; day < o_.days; ++day) {
      texts_.assign(blocks(), {});
      if (Status s = run_day(**engine, day, log.has_value()); !s.ok()) return s;
      for (const std::string& text : texts_) {
        if (log) log->write(text);
      }
      if (log && !log->status().ok()) return log->status();
    }
    if (log) {
      if (Status s = log->close(); !s.ok()) return s;
    }
    number_arms();
    return std::move(result_);
  }

 private:
  size_t blocks() const { return (states_.size() + kBlock - 1) / kBlock; }

  Status run_day(const Engine& engine, uint32_t day, bool writes_log) {
    std::atomic<size_t> next{0};
    std::mutex mutex;
    Status failed;
    const auto work = [&] {
      Day thread(scene_, engine, day);
      for (size_t block; (block = next++) < blocks();) {
        if (Status s = run_block(thread, block, writes_log); !s.ok()) {
          const std::lock_guard<std::mutex> lock(mutex);
          failed = s;
          next = blocks();
        }
        if (!o_.progress || block % 16 != 0) continue;
        const std::lock_guard<std::mutex> lock(mutex);
        o_.progress((day + static_cast<double>(block) / static_cast<double>(blocks())) / o_.days);
      }
      const std::lock_guard<std::mutex> lock(mutex);
      result_.searches += thread.searches();
      result_.bypassed += thread.bypassed();
    };
    std::vector<std::thread> threads;
    for (size_t t = 0; t < o_.threads; ++t) threads.emplace_back(work);
    for (std::thread& thread : threads) thread.join();
    return failed;
  }

  Status run_block(Day& thread, size_t block, bool writes_log) {
    const size_t end = std::min(states_.size(), (block + 1) * kBlock);
    for (size_t u = block * kBlock; u < end; ++u) {
      Status s = thread.run(static_cast<uint32_t>(u), states_[u], arms_[u], result_.totals[u],
                            writes_log ? &texts_[block] : nullptr);
      if (!s.ok()) return s;
    }
    return {};
  }

  // A shopper without a search has no arm and no impressions, so that no sum holds one.
  void number_arms() {
    result_.arms = arms_;
    result_.arms.emplace_back();
    std::ranges::sort(result_.arms);
    result_.arms.erase(std::unique(result_.arms.begin(), result_.arms.end()), result_.arms.end());
    for (size_t u = 0; u < arms_.size(); ++u) {
      const auto at = std::ranges::lower_bound(result_.arms, arms_[u]);
      result_.arm.push_back(static_cast<uint32_t>(at - result_.arms.begin()));
    }
  }

  const SimulationOptions& o_;
  const Scene scene_;
  std::vector<State> states_;
  std::vector<std::string> arms_;   // of the shoppers, by name
  std::vector<std::string> texts_;  // log lines of today, by block
  SimulationResult result_;
};

}  // namespace

Result<SimulationResult> simulate(const SimulationOptions& options) {
  return Simulation(options).run();
}

}  // namespace barker
