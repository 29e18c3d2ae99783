#include "index/live/live_catalogue.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <exception>
#include <unordered_map>
#include <utility>

#include "index/live/rebuild.h"
#include "models/base/text_lines.h"

namespace barker {
namespace {

constexpr std::chrono::milliseconds kLook(100);

// New ads that cannot be written, as on a full disk, are tried again so often.
constexpr std::chrono::seconds kBetweenTries(1);

// Where an index that took the place cannot be opened, it is not tried ten times a second.
constexpr std::chrono::seconds kBetweenOpens(10);

// Which index is in a directory. Each has a manifest of its own, so that its inode and its time of
// writing tell them apart.
uint64_t identity_of(const std::string& directory) {
  struct stat file {};
  if (stat((directory + "/manifest").c_str(), &file) != 0) return 0;
  const uint64_t time = static_cast<uint64_t>(file.st_mtim.tv_sec) * 1'000'000'000 +
                        static_cast<uint64_t>(file.st_mtim.tv_nsec);
  return time * 31 + file.st_ino;
}

}  // namespace

Result<std::unique_ptr<LiveCatalogue>> LiveCatalogue::open(LiveCatalogueOptions options) {
  std::unique_ptr<LiveCatalogue> catalogue(new LiveCatalogue(std::move(options)));
  const LiveCatalogueOptions& o = catalogue->options_;
  if (!o.budgets.empty()) {
    Result<std::unique_ptr<Budgets>> file =
        Budgets::open(o.budgets, {}, {.time_zone = o.time_zone});
    if (!file.ok()) return file.status();
    catalogue->budget_file_ = std::move(*file);
  }
  Result<Base> base = catalogue->open_base();
  for (int i = 0; i < 5 && !base.ok() && base.status().code() == Code::kFailedPrecondition; ++i) {
    base = catalogue->open_base();
  }
  if (!base.ok()) return base.status();
  if (Status s = catalogue->install(std::move(*base)); !s.ok()) return s;
  catalogue->report_dropped();
  if (o.follow) {
    catalogue->follower_ = std::thread([&catalogue = *catalogue] { catalogue.follow(); });
  }
  return catalogue;
}

LiveCatalogue::~LiveCatalogue() {
  {
    const std::lock_guard<std::mutex> lock(stop_mutex_);
    stops_ = true;
  }
  stops_rebuild_ = true;
  stop_changed_.notify_all();
  if (follower_.joinable()) follower_.join();
  if (rebuilder_.joinable()) rebuilder_.join();
}

std::shared_ptr<const CatalogueSnapshot> LiveCatalogue::snapshot() const {
  const std::lock_guard<std::mutex> lock(snapshot_mutex_);
  return snapshot_;
}

Result<LiveCatalogue::Base> LiveCatalogue::open_base() const {
  const uint64_t identity = identity_of(options_.index);
  Result<std::unique_ptr<CatalogueWriter>> writer = CatalogueWriter::open(
      options_.index, options_.synonyms, budget_file_.get(), options_.registry);
  if (!writer.ok()) return writer.status();
  Result<ChangeLog> log = ChangeLog::open(options_.index);
  if (!log.ok()) return log.status();
  if (identity_of(options_.index) != identity) {
    return Status(Code::kFailedPrecondition,
                  options_.index + ": another index took its place while it was opened");
  }
  return Base{std::move(*writer), std::move(*log), identity};
}

Status LiveCatalogue::read_log(Base& base, size_t* unknown) {
  std::vector<CatalogueChange> changes;
  const Status read = base.log.read(changes);
  const bool waits = base.writer->has_pending() && std::chrono::steady_clock::now() < next_try_;
  if (changes.empty() && waits) return read;
  changes_ += changes.size();
  const Status applied = base.writer->apply(changes, unknown);
  if (!applied.ok()) next_try_ = std::chrono::steady_clock::now() + kBetweenTries;
  return read.ok() ? applied : read;
}

// With what was changed since the index was built, so that no query sees it without.
Status LiveCatalogue::install(Base base) {
  const std::lock_guard<std::mutex> lock(mutex_);
  size_t unknown = 0;
  if (Status s = read_log(base, &unknown); !s.ok()) return s;
  if (base_) retired_.push_back(base_->writer->snapshot());
  base_.emplace(std::move(base));
  ++indexes_;
  publish();
  return {};
}

void LiveCatalogue::publish() {
  const std::lock_guard<std::mutex> lock(snapshot_mutex_);
  snapshot_ = base_->writer->snapshot();
}

Result<ChangeSummary> LiveCatalogue::change(std::string_view json_lines) {
  ChangeSummary summary;
  std::vector<CatalogueChange> changes;
  uint64_t number = 0;
  while (!json_lines.empty()) {
    const std::string_view line = take_line(json_lines);
    ++number;
    if (is_blank(line)) continue;
    summary.notes.set_line(number);
    Result<CatalogueChange> change = parse_change(line, summary.notes);
    if (change.ok()) {
      changes.push_back(std::move(*change));
    } else {
      summary.refused.add(number, reportable(change.status().message()));
    }
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  size_t unknown = 0;  // of others
  if (Status s = read_log(*base_, &unknown); !s.ok()) return s;
  drop_unknown(changes, summary);
  if (changes.empty()) return summary;
  if (Status s = append(changes, summary); !s.ok()) return s;
  return summary;
}

// Takes out what names no ad, so that the log does not fill with it.
void LiveCatalogue::drop_unknown(std::vector<CatalogueChange>& changes, ChangeSummary& summary) {
  std::unordered_map<std::string, bool> known;  // after the changes before
  std::erase_if(changes, [&](const CatalogueChange& change) {
    const auto at = known.find(change.id);
    const bool exists = at != known.end() ? at->second : base_->writer->has(change.id);
    if (change.kind != CatalogueChange::Kind::kUpsert && !exists) {
      ++summary.unknown;
      return true;
    }
    known[change.id] = change.kind != CatalogueChange::Kind::kDelete;
    return false;
  });
}

// Writes the changes to the log of the index that is in place, applies what others wrote before,
// and then these.
Status LiveCatalogue::append(std::vector<CatalogueChange>& changes, ChangeSummary& summary) {
  std::vector<CatalogueChange> others;
  Status written = base_->log.append(changes, others);
  if (written.code() == Code::kFailedPrecondition) {
    // A new index has come, which is not open yet. Its log gets the changes, and so does the index
    // that still serves.
    Result<ChangeLog> log = ChangeLog::open(options_.index);
    if (!log.ok()) return log.status();
    std::vector<CatalogueChange> of_new_index;
    written = log->append(changes, of_new_index);
  }
  size_t unknown = 0;
  Status applied = base_->writer->apply(others, &unknown);
  if (!written.ok()) {
    publish();
    return written;
  }
  if (Status s = base_->writer->apply(changes, &unknown); !s.ok()) applied = std::move(s);
  publish();
  changes_ += others.size() + changes.size();
  summary.applied = changes.size();
  if (applied.ok()) return {};
  return Status(applied.code(),
                "the changes are kept, but cannot be seen yet: " + applied.message());
}

Status LiveCatalogue::refresh() {
  const std::lock_guard<std::mutex> opening(open_mutex_);
  uint64_t identity = 0;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    release_retired();
    identity = base_->identity;
  }
  const uint64_t now = identity_of(options_.index);
  if (now == 0) return not_found(options_.index + ": the index is gone; what is open serves on");
  if (now != identity) {
    // mutex_ is free, because this takes seconds.
    if (now == refused_ && std::chrono::steady_clock::now() < next_open_) return refusal_;
    Result<Base> base = open_base();
    const Status opened = base.ok() ? install(std::move(*base)) : base.status();
    refused_ = opened.ok() ? 0 : now;
    refusal_ = opened;
    next_open_ = std::chrono::steady_clock::now() + kBetweenOpens;
    return opened;
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  size_t unknown = 0;
  const Status read = read_log(*base_, &unknown);
  publish();
  return read;
}

// Frees what an index that was replaced holds, on this thread: the plugin is told, which can take a
// while.
void LiveCatalogue::release_retired() {
  std::erase_if(retired_, [](const auto& snapshot) { return snapshot.use_count() == 1; });
}

bool LiveCatalogue::spend(std::string_view id, double amount) const noexcept {
  const std::shared_ptr<const CatalogueSnapshot> now = snapshot();
  const std::optional<AdPlace> place = now->find(id);
  if (!place) return true;
  const AdBudgets& budgets = now->segment(*place).budgets();
  const uint32_t number = budgets.number(place->ad);
  return number == AdBudgets::kNone || budgets.ledger->spend(number, amount);
}

LiveCatalogueStatus LiveCatalogue::status() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const CatalogueWriter& writer = *base_->writer;
  return {.ads = writer.ads(),
          .segments = writer.snapshot()->parts.size(),
          .changed = writer.changed(),
          .raised = writer.raised(),
          .lowered = writer.lowered(),
          .changes = changes_,
          .indexes = indexes_};
}

// Says once what a crash left in the log.
void LiveCatalogue::report_dropped() {
  std::string dropped;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    dropped = base_->log.dropped();
    if (dropped == std::exchange(dropped_, dropped)) return;
  }
  if (!dropped.empty() && options_.report) options_.report({}, dropped);
}

// An error is reported once, and again when it is another.
void LiveCatalogue::follow() {
  std::string said;
  uint64_t indexes = 1;
  for (;;) {
    {
      std::unique_lock<std::mutex> lock(stop_mutex_);
      if (stop_changed_.wait_for(lock, kLook, [this] { return stops_; })) return;
    }
    const bool was_rebuilding = is_rebuilding_;  // before the look that opens what was built
    Status looked;
    try {
      looked = refresh();
    } catch (const std::exception& e) {  // memory ran out
      looked = io_error(options_.index + ": " + e.what());
    }
    if (!looked.ok() && looked.message() != said && options_.report) {
      options_.report(looked, "the catalogue stays as it is");
    }
    said = looked.message();
    report_dropped();
    bool is_worn = false, is_new = false;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      is_new = std::exchange(indexes, indexes_) != indexes_;
      is_worn = options_.rebuild && base_->writer->is_worn();
    }
    if (is_new && options_.report) options_.report({}, "a new index serves");
    const bool may_rebuild = !was_rebuilding && std::chrono::steady_clock::now() >= next_rebuild_;
    if (is_worn && looked.ok() && may_rebuild) start_rebuild();
  }
}

void LiveCatalogue::start_rebuild() {
  if (rebuilder_.joinable()) rebuilder_.join();
  is_rebuilding_ = true;
  next_rebuild_ = std::chrono::steady_clock::now() + options_.between_rebuilds;
  rebuilder_ = std::thread([this] {
    // Queries come first. On Linux this is the thread's own priority.
    setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), 10);
    Status built;
    try {
      built = rebuild_index(options_.index, &stops_rebuild_);
    } catch (const std::exception& e) {
      built = io_error(options_.index + ": " + e.what());
    }
    // It is tried again and again, and said once until it works again. Messages are not compared,
    // because those of a full disk name a directory that each try makes anew.
    const bool is_said = std::exchange(rebuild_fails_, !built.ok());
    if (!built.ok() && !stops_rebuild_ && !is_said && options_.report) {
      options_.report(built, "the rebuild of the index");
    }
    is_rebuilding_ = false;
  });
}

}  // namespace barker
