#include "index/simulation/loop_log.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "models/base/buckets.h"
#include "models/base/lines.h"
#include "models/base/output_file.h"
#include "models/data/join.h"
#include "models/text/fingerprint.h"

namespace barker {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kValidation = 0.1;  // of the users whose logs are learned from
enum Stream : uint64_t { kShuffle = 21, kPastClicks = uint64_t{1} << 41 };  // behind all days
// Milliseconds. The next shopper begins a few seconds after the one before, whose searches take
// minutes.
constexpr int64_t kLateness = 2 * 60 * 60 * 1000;

// Writes events to the two files of their users.
class DividedLog {
 public:
  DividedLog(const LoopOptions& options, const LoopDayFiles& files)
      : held_out_(options.held_out),
        salt_(fingerprint("loop held out " + std::to_string(options.seed))),
        learn_(files.events),
        judge_(files.held_out) {}

  Status write(SearchEvent event) {
    const double place = unit_interval(salted_place(fingerprint(event.user), salt_));
    const double validation = held_out_ + (1 - held_out_) * kValidation;
    event.split = place < validation ? Split::kValidation : Split::kTrain;
    if (place < held_out_) event.split = std::nullopt;
    OutputFile& out = place < held_out_ ? judge_ : learn_;
    line_.clear();
    append_event(event, line_);
    out.write(line_);
    return out.status();
  }

  Status close() {
    const Status s = judge_.close();
    return s.ok() ? learn_.close() : s;
  }

 private:
  const double held_out_;
  const uint64_t salt_;
  OutputFile learn_, judge_;
  std::string line_;
};

// The marketplace's log takes all of a title as read, wherever it stands. Here titles are read as
// on the loop's pages, because weights that learn from both logs, and a gate that compares them,
// need one truth.
void click_as_read(const Shop& shop, const Shopper& shopper, Random& random, SearchEvent& event) {
  const ReadingModel& reading = shop.options().reading;
  for (size_t i = 0; i < event.ads.size(); ++i) {
    AdImpression& shown = event.ads[i];
    const MarketAd& ad = shop.ad(shown.id);
    TitleRead title;
    for (const size_t p : ad.in_title) {
      title.in_title.push_back(liking(shopper.taste, market_categories()[ad.category].points[p]));
    }
    shown.true_probability = look_probability(reading, i + 1) * click_probability(reading, title);
    shown.clicked = random.chance(shown.true_probability);
  }
}

// Clicks of one kind, in the order of the log, dealt anew.
class DealtClicks {
 public:
  void add(bool clicked) { clicked_.push_back(clicked); }
  void deal(Random& random) {
    for (size_t i = clicked_.size(); i > 1; --i) {
      const size_t other = random.below(i);
      const bool kept = clicked_[i - 1];
      clicked_[i - 1] = clicked_[other];
      clicked_[other] = kept;
    }
  }
  bool next() { return clicked_[next_++]; }

 private:
  std::vector<bool> clicked_;
  size_t next_ = 0;
};

}  // namespace

Status write_past(const LoopOptions& options, const Market& market, const LoopDayFiles& files) {
  DividedLog log(options, files);
  const Shop shop(market, options.shopping);
  std::vector<ShopperMemory> memory(market.shoppers().size());
  uint32_t written = 0;
  Status failed;
  for (uint32_t u = 0; u < memory.size(); ++u) {
    Shopper shopper = market.shoppers()[u];
    Random random(mix_bits(options.seed * kRandomStep + u), kPastClicks);
    // A shopper's searches are learned from as a whole, or not at all.
    const bool is_logged = written < options.past_events;
    remember_the_past(market, options.seed, u, options.past, shopper, [&](SearchEvent& e) {
      click_as_read(shop, shopper, random, e);
      if (!is_logged || !failed.ok()) return;
      failed = log.write(e);
      ++written;
    });
    if (!failed.ok()) return failed;
    memory[u] = {std::move(shopper.history), std::move(shopper.clicked_sfs)};
  }
  if (Status s = log.close(); !s.ok()) return s;
  return write_memory(memory, files.shoppers);
}

Status join_day(const LoopOptions& options, const LoopDayFiles& files, bool shuffles) {
  DealtClicks sfs, ads;
  const auto read = [&](const Joiner::Write& write) -> Status {
    const Result<JoinReport> report = join_raw_logs({files.raw}, {.lateness_ms = kLateness}, write);
    if (!report.ok()) return report.status();
    const JoinCounts& c = report->counts;
    const uint64_t lost = report->bad_lines + report->unfinished_lines + c.impressions - c.events +
                          c.clicks - c.joined_clicks;
    if (lost == 0) return {};
    return bad_data(files.raw + ": " + std::to_string(lost) + " of its lines cannot be joined; " +
                    report->bad);
  };
  if (shuffles) {
    const Status s = read([&](const SearchEvent& event) {
      for (const SfImpression& sf : event.sfs) sfs.add(sf.clicked);
      for (const AdImpression& ad : event.ads) ads.add(ad.clicked);
      return Status();
    });
    if (!s.ok()) return s;
    Random random(options.seed, kShuffle);
    sfs.deal(random);
    ads.deal(random);
  }
  DividedLog log(options, files);
  const Status s = read([&](const SearchEvent& event) {
    SearchEvent dealt = event;
    if (shuffles) {
      for (SfImpression& sf : dealt.sfs) sf.clicked = sfs.next();
      for (AdImpression& ad : dealt.ads) ad.clicked = ads.next();
    }
    return log.write(std::move(dealt));
  });
  return s.ok() ? log.close() : s;
}

Status write_window(const std::vector<std::string>& logs, const std::string& out) {
  OutputFile file(out);
  for (const std::string& log : logs) {
    Result<LineReader> lines = LineReader::open(log);
    if (!lines.ok()) return lines.status();
    for (std::string_view line; lines->next(line);) {
      file.write(line);
      file.write("\n");
    }
    if (!lines->status().ok()) return lines->status();
  }
  return file.close();
}

Result<std::vector<ShopperMemory>> read_memory(const std::string& path, size_t shoppers) {
  Result<LineReader> lines = LineReader::open(path);
  if (!lines.ok()) return lines.status();
  std::vector<ShopperMemory> memory;
  for (std::string_view line; lines->next(line);) {
    try {
      const Json json = Json::parse(line);
      json.at("history").get_to(memory.emplace_back().history);
      json.at("sfs").get_to(memory.back().clicked_sfs);
    } catch (const Json::exception& error) {
      return bad_data(path + ", line " + std::to_string(lines->number()) + ": " + error.what());
    }
  }
  if (!lines->status().ok()) return lines->status();
  if (memory.size() != shoppers) {
    return unexpected(path, std::to_string(shoppers) + " shoppers", std::to_string(memory.size()));
  }
  return memory;
}

Status write_memory(const std::vector<ShopperMemory>& memory, const std::string& path) {
  OutputFile out(path);
  for (const ShopperMemory& shopper : memory) {
    out.write(Json{{"history", shopper.history}, {"sfs", shopper.clicked_sfs}}.dump() + "\n");
  }
  return out.close();
}

}  // namespace barker
