// A file that a life cycle watches: which bytes a path leads to now, and what became of those that
// were last tried. One thread.
#pragma once

#include <string>

#include "models/base/result.h"
#include "plugin/host/events.h"

namespace barker {

std::string file_name_of(const std::string& path);  // its last component

// A file as it was found. Two finds with equal identity have the same place and bytes.
struct FoundFile {
  std::string path;
  std::string identity;   // path, device, inode, size and times
  std::string signature;  // identity of the signature beside it; empty: there is none to be read

  std::string name() const { return file_name_of(path); }
};

Result<FoundFile> find_file(const std::string& path);

// The same, and the identity of the signature beside the file.
Result<FoundFile> find_signed_file(const std::string& path);

// The weight file or weights directory that a life cycle follows; Watched says what the two mean.
struct WatchedWeights {
  std::string path;
  bool shared_directory;

  // The weight file that the path, or the pointer with this label, names now.
  Result<std::string> resolve(const std::string& label = "") const;
};

// Remembers what was tried, so that refused bytes are not tried at every look.
class Source {
 public:
  // Whether `found` is to be tried: it is another file than the last one, or it was refused and its
  // signature has changed, or an exception ended the last attempt.
  bool is_due(const FoundFile& found) const;

  void begin(const FoundFile& found);
  void finish(const Status& outcome);  // an error: the file was refused

  // Notes that the file is no longer in force. Only try_again() makes it due again. Does nothing to
  // a file that was refused.
  void take_back();

  // What was refused or taken back is due again.
  void try_again();
  void forget() { *this = {}; }

  bool is_in_force() const { return outcome_ == Outcome::kInForce; }
  bool is_refused() const { return outcome_ == Outcome::kRefused; }
  const std::string& identity() const { return identity_; }

  // Why what is named now is not in force: it cannot be read, or was refused. Empty where neither
  // is so.
  const std::string& fault() const { return unreadable_.empty() ? refusal_ : unreadable_; }

  // Whether a failure to read the file has not been reported yet. The same failure is reported
  // once, until the file was readable again.
  bool is_news(const Status& unreadable);
  void was_readable() { unreadable_.clear(); }

 private:
  // kTrying remains only where an exception, such as std::bad_alloc, ended an attempt.
  enum class Outcome { kTrying, kInForce, kRefused, kTakenBack };

  std::string identity_, signature_;  // of what was last tried
  Outcome outcome_ = Outcome::kInForce;
  std::string refusal_;     // why what was last tried is refused; empty: it is not
  std::string unreadable_;  // message of the failure last reported
};

// Tells that what `event` names ("weights" or "canary") cannot be read. The same failure is told
// once, until the file was readable again. Returns whether it is told now.
bool report_unreadable(const char* event, const Status& why, Source& source,
                       const LifeCycleLog& log);

}  // namespace barker
