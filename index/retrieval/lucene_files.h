// What the indexes share of Lucene++. Only their .cpp files include this.
#pragma once

#include <lucene++/LuceneHeaders.h>
#include <lucene++/MMapDirectory.h>
#include <lucene++/SerialMergeScheduler.h>

#include <string>

#include "models/base/result.h"

namespace barker {

inline Lucene::String term_text(const std::string& word) {
  return Lucene::StringUtils::toUnicode(word);
}

inline Status lucene_error(const std::string& directory, const Lucene::LuceneException& e) {
  return bad_data(directory + ": Lucene++: " + Lucene::StringUtils::toUTF8(e.getError()));
}

// Mapped, because what FSDirectory::open() gives reads all through one file under one lock.
inline Lucene::DirectoryPtr lucene_directory(const std::string& directory) {
  return Lucene::newLucene<Lucene::MMapDirectory>(term_text(directory));
}

}  // namespace barker
