// Folds the variants of a product into one ad and writes the ads as a catalogue.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_set>
#include <vector>

#include "index/catalogue/feed_notes.h"
#include "index/catalogue/feeds/feed_product.h"
#include "models/base/lines.h"
#include "models/base/output_file.h"

namespace barker {

// Which of the candidates become selling points. The others become attributes, where they can be
// mined from: a label or a tag is often no feature ("summer-2024", "high margin").
struct SellingPointSources {
  bool highlights = true, labels = false, tags = false, options = false;
};

struct FoldOptions {
  SellingPointSources sources;
  bool keep_out_of_stock = false;
  double bid = 1;        // of ads for which the feed has none
  std::string merchant;  // of ads for which the feed has none
};

// Every row is counted in exactly one of the first five.
struct FoldCounts {
  uint64_t ads = 0;
  uint64_t variants = 0;  // rows folded into an ad
  uint64_t out_of_stock = 0, unpublished = 0;
  uint64_t bad = 0;             // rows without an id or title, or whose id came before
  uint64_t apart = 0;           // of `variants`: came apart from their product, options not taken
  uint64_t selling_points = 0;  // of all ads
  uint64_t unread_prices = 0;
};

// Variants that stand together are folded with their options. A variant that comes later, when its
// product is written, adds nothing and is counted in `apart`, so that memory does not grow with the
// feed but for 8 bytes (about 40 with the set's own) for each ad. One thread.
class AdFolder {
 public:
  AdFolder(const FoldOptions& options, OutputFile& out, BadLines& bad, FeedNotes& notes)
      : options_(options), out_(out), bad_(bad), notes_(notes) {}

  void add(FeedProduct product);
  void finish() { close(); }

  const FoldCounts& counts() const { return counts_; }
  uint64_t reported() const { return reported_; }  // entries in `bad`, one for a product

 private:
  void merge(FeedProduct&& variant);
  template <typename T>
  void add_new(std::vector<T>& to, const std::vector<T>& from);
  void note_dropped(const std::string& what);
  void close();
  bool remember_group();  // false: an earlier product has the group of the current one
  void write();

  const FoldOptions& options_;
  OutputFile& out_;
  BadLines& bad_;
  FeedNotes& notes_;
  FoldCounts counts_;
  uint64_t reported_ = 0;

  FeedProduct current_;
  uint64_t rows_ = 0, in_stock_ = 0;           // of the current product; 0: there is none
  std::unordered_set<uint64_t> groups_, ids_;  // hashes of what is written
};

}  // namespace barker
