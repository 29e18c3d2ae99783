#include "plugin/generation.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>

#include "scoring/golden.h"

namespace barker {
namespace {

bool is_trusted(uid_t owner) { return owner == 0 || owner == geteuid(); }

// Whether others could put another file in the place of this one. In a sticky directory (/tmp)
// nobody replaces what is not his, but anybody could have made it.
Status check_directory(const std::string& path) {
  const std::string parent = std::filesystem::path(path).parent_path().string();
  const std::string directory = parent.empty() ? "." : parent;
  struct stat file {
  }, info{};
  if (stat(path.c_str(), &file) != 0 || stat(directory.c_str(), &info) != 0) {
    return {};  // opening the file says what is wrong
  }
  const bool is_shared = (info.st_mode & (S_IWGRP | S_IWOTH)) != 0;
  const bool is_sticky = (info.st_mode & S_ISVTX) != 0 && is_trusted(file.st_uid);
  if (is_trusted(info.st_uid) && (!is_shared || is_sticky)) return {};
  char found[48];
  std::snprintf(found, sizeof found, "mode %04o of user %u", info.st_mode & 07777u, info.st_uid);
  return bad_data(directory + ": expected a directory that only its owner can write to, found " +
                  found + " (shared_directory = true allows it)");
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
