// The ad store: a FlatBuffers file beside the Lucene++ index that holds one entry for each
// document, in document order. Reading Lucene++'s own stored fields would cost twice the search
// itself; reading an entry here costs a pointer.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "index/catalogue/catalogue.h"
#include "models/base/file_bytes.h"
#include "models/base/result.h"

namespace barker::fbs {
struct StoredAd;
struct AdStore;
}  // namespace barker::fbs

namespace barker {

// Writes a store, an ad at a time. Titles are split into words and selling points fingerprinted
// here, so that no query has to do it. What is stored of an ad depends on that ad alone: phrases
// are composed by the plugin, with those of the weights that serve. The whole store is in memory
// until it is written. For one thread.
class AdStoreWriter {
 public:
  AdStoreWriter();
  ~AdStoreWriter();
  AdStoreWriter(AdStoreWriter&&) noexcept;

  Status add(const CatalogueAd& ad);      // the next one
  Status write(const std::string& path);  // once; frees the memory

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Of an ad's attributes the first few short values are kept, as features.
inline constexpr size_t kMostFeatures = 8;
inline constexpr size_t kLongestFeature = 40;  // bytes

inline constexpr size_t kMaxAdStore = (size_t{2} << 30) - 1;  // bytes; the limit of FlatBuffers

// The ads of an index. The bytes are a copy of the file that the object owns
// (models/base/file_bytes.h), and are verified by open(). They never change, so that any thread may
// read them.
class AdStore {
 public:
  static Result<AdStore> open(const std::string& path);

  size_t size() const;
  const fbs::StoredAd& ad(size_t document) const;

 private:
  AdStore() = default;

  FileBytes file_;
  const fbs::AdStore* root_ = nullptr;
};

}  // namespace barker
