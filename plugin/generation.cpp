#include "plugin/generation.h"

#include <sys/stat.h>

#include <cstdio>
#include <filesystem>

#include "scoring/golden.h"

namespace barker {
namespace {

// Whether others could put another file in the place of this one. A sticky directory (/tmp) lets
// nobody touch what is not his.
Status check_directory(const std::string& path) {
  const std::string parent = std::filesystem::path(path).parent_path().string();
  const std::string directory = parent.empty() ? "." : parent;
  struct stat info {};
  if (stat(directory.c_str(), &info) != 0) return {};  // opening the file says what is wrong
  if ((info.st_mode & (S_IWGRP | S_IWOTH)) == 0 || (info.st_mode & S_ISVTX) != 0) return {};
  char mode[8];
  std::snprintf(mode, sizeof mode, "%04o", info.st_mode & 07777u);
  return bad_data(directory +
                  ": expected a directory that only its owner can write to, found mode " + mode +
                  " (shared_directory = true allows it)");
}

}  // namespace

Result<std::shared_ptr<const Generation>> Generation::load(const std::string& path, uint64_t id,
                                                           const KernelTable& kernels,
                                                           const LoadPolicy& policy) {
  if (!policy.shared_directory) {
    if (Status s = check_directory(path); !s.ok()) return s;
  }
  Result<std::shared_ptr<const WeightFile>> file =
      WeightFile::open(path, {.storage = policy.storage, .trusted_keys = policy.trusted_keys});
  if (!file.ok()) return file.status();
  std::shared_ptr<const Generation> generation(
      new Generation{id, *file, PackedNetwork(Network::bind(**file), kernels),
                     KeywordSplitter((*file)->phrases())});
  Result<GoldenReport> golden = run_golden_vectors(**file, generation->packed);
  if (!golden.ok()) {
    return Status(golden.status().code(), path + ": check golden vectors on " +
                                              std::string(isa_name(kernels.isa)) + ": " +
                                              golden.status().message());
  }
  return generation;
}

}  // namespace barker
