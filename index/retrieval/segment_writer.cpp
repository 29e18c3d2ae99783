#include "index/retrieval/segment_writer.h"

#include <condition_variable>
#include <deque>
#include <exception>
#include <filesystem>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "index/catalogue/ad_store.h"
#include "index/retrieval/bid_book_writer.h"
#include "index/retrieval/bid_index.h"
#include "index/retrieval/title_writer.h"

namespace barker {
namespace {

constexpr size_t kBatch = 256;       // ads that one thread gives to the other together
constexpr size_t kMostWaiting = 16;  // batches

struct SplitAd {
  CatalogueAd ad;
  TitleWords words;
};
using Batch = std::vector<SplitAd>;

}  // namespace

struct SegmentWriter::Impl {
  Impl(std::string to, const MatchingAnalyzer& with, TitleWriter writer)
      : directory(std::move(to)), analyzer(with), titles(std::move(writer)), book(with) {}

  // Returns the first error of the other thread.
  Status give(Batch batch) {
    std::unique_lock<std::mutex> lock(mutex);
    changed.wait(lock, [&] { return waiting.size() < kMostWaiting || !status.ok(); });
    if (!status.ok()) return status;
    waiting.push_back(std::move(batch));
    changed.notify_all();
    return {};
  }

  void end() {
    {
      const std::lock_guard<std::mutex> lock(mutex);
      is_ended = true;
    }
    changed.notify_all();
    if (thread.joinable()) thread.join();
  }

  // False at the end.
  bool take(Batch& batch) {
    std::unique_lock<std::mutex> lock(mutex);
    changed.wait(lock, [&] { return !waiting.empty() || is_ended; });
    if (waiting.empty()) return false;
    batch = std::move(waiting.front());
    waiting.pop_front();
    lock.unlock();
    changed.notify_all();
    return true;
  }

  // The other thread.
  void run() {
    Status done;
    try {
      done = write_all();
    } catch (const std::exception& e) {  // memory ran out
      done = io_error(directory + ": " + e.what());
    }
    const std::lock_guard<std::mutex> lock(mutex);
    status = std::move(done);
    changed.notify_all();
  }

  Status write_all() {
    for (Batch batch; take(batch);) {
      for (const SplitAd& split : batch) {
        if (Status s = titles.add(split.words); !s.ok()) return s;
        if (Status s = store.add(split.ad); !s.ok()) return s;
      }
    }
    if (is_dropped) return {};
    if (Status s = store.write(directory + "/ads.store"); !s.ok()) return s;
    return titles.close();
  }

  const std::string directory;
  const MatchingAnalyzer& analyzer;
  TitleWriter titles;  // of the other thread, as is the store
  AdStoreWriter store;
  BidBookWriter book;
  Batch filling;  // that add() fills

  std::mutex mutex;  // of what follows
  std::condition_variable changed;
  std::deque<Batch> waiting;
  bool is_ended = false, is_dropped = false;
  Status status;  // of the other thread; of its end, once it has ended
  std::thread thread;
};

SegmentWriter::SegmentWriter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {
  impl_->thread = std::thread([impl = impl_.get()] { impl->run(); });
}

SegmentWriter::~SegmentWriter() {
  {
    const std::lock_guard<std::mutex> lock(impl_->mutex);
    impl_->is_dropped = true;
    impl_->waiting.clear();
  }
  impl_->end();
}

Result<std::unique_ptr<SegmentWriter>> SegmentWriter::open(const std::string& directory,
                                                           const MatchingAnalyzer& analyzer) {
  std::error_code error;
  for (const char* part : {"titles", "bids"}) {
    if (!error) std::filesystem::create_directories(directory + "/" + part, error);
  }
  if (error) return io_error(directory + ": " + error.message());
  Result<TitleWriter> titles = TitleWriter::open(directory + "/titles");
  if (!titles.ok()) return titles.status();
  return std::unique_ptr<SegmentWriter>(
      new SegmentWriter(std::make_unique<Impl>(directory, analyzer, std::move(*titles))));
}

Status SegmentWriter::add(CatalogueAd ad) {
  impl_->book.add(ad);
  TitleWords words = title_words(ad, impl_->analyzer);
  impl_->filling.push_back({std::move(ad), std::move(words)});
  return impl_->filling.size() < kBatch ? Status() : impl_->give(std::exchange(impl_->filling, {}));
}

// Bids come last, because only one thread at a time may make the singletons of Lucene++
// (title_index.h).
Status SegmentWriter::finish() {
  if (Status s = impl_->give(std::exchange(impl_->filling, {})); !s.ok()) return s;
  impl_->end();
  if (!impl_->status.ok()) return impl_->status;
  return BidIndex::write(impl_->book, impl_->directory);
}

}  // namespace barker
