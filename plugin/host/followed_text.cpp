#include "plugin/host/followed_text.h"

#include "models/base/file_bytes.h"

namespace barker {
namespace {

constexpr size_t kLongestText = 16 << 20;  // bytes

}  // namespace

Status FollowedText::look() {
  if (file_.empty()) return {};
  const Result<FoundFile> found = find_file(file_);
  // A file that is gone is tried as well, once: it is refused with the reason why it is gone.
  const FoundFile tried =
      found.ok() ? *found : FoundFile{file_, found.status().message(), /*signature=*/""};
  if (!source_.is_due(tried)) return {};
  source_.begin(tried);
  const Status status = load();
  source_.finish(status);
  Json event = {{"event", what_}, {"file", file_}, {"result", status.ok() ? "loaded" : "refused"}};
  if (!status.ok()) event["reason"] = status.message();
  log_.tell(event);
  return status;
}

Status FollowedText::load() const {
  const Result<std::string> text = read_small_file(file_, kLongestText);
  if (!text.ok()) return text.status();
  const Status status = load_(*text);
  if (status.ok() || status.code() == Code::kUnsupported) return status;
  return {status.code(), file_ + ": " + status.message()};
}

}  // namespace barker
