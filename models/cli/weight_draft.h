// A weight file that is not published yet. It is written under a temporary name beside its place,
// is measured there, and takes its place only when it has passed. Until then the old file stays as
// it is, so a search engine that watches the place never loads weights that nobody has judged.
// One thread.
#pragma once

#include <string>

#include "models/base/result.h"
#include "models/weights/writer.h"

namespace barker {

class WeightFile;

// Fails with invalid_argument where the numbers of a file are rounded: rounding once more, or
// computing new rows from rounded ones, would change what the file answers. `instead` says what to
// do.
Status check_full_precision(const WeightFile& file, const std::string& instead);

class WeightDraft {
 public:
  explicit WeightDraft(const std::string& out);  // OUT.draft.PID; nothing is written yet
  ~WeightDraft();                                // removes what was not published
  WeightDraft(const WeightDraft&) = delete;
  WeightDraft& operator=(const WeightDraft&) = delete;

  const std::string& path() const { return path_; }
  Status write(const ModelSpec& model);  // replaces an earlier draft
  // Opens the draft as it was written, runs its golden vectors on every instruction set of this
  // machine, as `barker verify` does, and moves it to OUT. If the file does not pass, OUT stays as
  // it is. An error may also say that the file is in place but that its directory could not be
  // synced.
  Status publish();

 private:
  std::string out_, path_;
};

}  // namespace barker
