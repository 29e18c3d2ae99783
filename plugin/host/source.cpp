#include "plugin/host/source.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>

#include "models/weights/signature.h"
#include "models/weights/trusted_path.h"
#include "models/weights/weight_path.h"

namespace barker {
namespace {

// Changes when the file, its bytes or its place do. The time of change (ctime) is part of it,
// because a copying program can set the time of modification back (rsync -t).
Result<std::string> identity_of(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) {
    const bool absent = errno == ENOENT || errno == ENOTDIR;
    return Status(absent ? Code::kNotFound : Code::kIoError, path + ": " + std::strerror(errno));
  }
  if (!S_ISREG(info.st_mode)) return bad_data(path + ": is not a regular file");
  std::string identity = path;
  for (const auto number :
       {static_cast<int64_t>(info.st_dev), static_cast<int64_t>(info.st_ino), info.st_size,
        info.st_mtim.tv_sec, info.st_mtim.tv_nsec, info.st_ctim.tv_sec, info.st_ctim.tv_nsec}) {
    identity += " " + std::to_string(number);
  }
  return identity;
}

}  // namespace

std::string file_name_of(const std::string& path) {
  return std::filesystem::path(path).filename().string();
}

Result<std::string> WatchedWeights::resolve(const std::string& label) const {
  return shared_directory ? resolve_weights_path(path, label)
                          : resolve_closed_weights_path(path, label);
}

Result<FoundFile> find_file(const std::string& path) {
  const Result<std::string> identity = identity_of(path);
  if (!identity.ok()) return identity.status();
  return FoundFile{path, *identity, ""};
}

Result<FoundFile> find_signed_file(const std::string& path) {
  Result<FoundFile> found = find_file(path);
  if (!found.ok()) return found;
  const Result<std::string> signature = identity_of(signature_path(path));
  if (signature.ok()) found->signature = *signature;
  return found;
}

bool Source::is_due(const FoundFile& found) const {
  return found.identity != identity_ || outcome_ == Outcome::kTrying ||
         (outcome_ == Outcome::kRefused && found.signature != signature_);
}

void Source::begin(const FoundFile& found) {
  outcome_ = Outcome::kTrying;
  refusal_.clear();
  identity_ = found.identity;
  signature_ = found.signature;
}

void Source::finish(const Status& outcome) {
  outcome_ = outcome.ok() ? Outcome::kInForce : Outcome::kRefused;
  refusal_ = outcome.message();
}

void Source::take_back() {
  if (outcome_ == Outcome::kInForce) outcome_ = Outcome::kTakenBack;
}

void Source::try_again() {
  if (outcome_ != Outcome::kInForce) identity_.clear();
  unreadable_.clear();
}

bool Source::is_news(const Status& unreadable) {
  if (unreadable_ == unreadable.message()) return false;
  unreadable_ = unreadable.message();
  return true;
}

bool report_unreadable(const char* event, const Status& why, Source& source,
                       const LifeCycleLog& log) {
  if (!source.is_news(why)) return false;
  log.tell({{"event", event}, {"result", "unreadable"}, {"reason", why.message()}});
  return true;
}

}  // namespace barker
