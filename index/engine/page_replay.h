// Answers the pages of a log anew: the same user, query and ads, by the weights and the
// configuration that the engine has now. What another policy would have shown is so compared with
// what was shown. One thread; the engine must outlive it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "index/engine/caller_rescorer.h"
#include "models/data/events.h"

namespace barker {

class PageReplay {
 public:
  explicit PageReplay(const Engine& engine) : engine_(engine), rescorer_(engine) {}

  // History and features are those that the page was answered with, titles those of the log, and
  // selling points those of the catalogue. The log has neither the surface nor the user's own
  // state, so that there is none here. Nothing where the catalogue has lost an ad of the page.
  // Fails where the plugin cannot read the request.
  Result<std::optional<SearchResult>> answer(const SearchEvent& page);

 private:
  const Engine& engine_;
  CallerRescorer rescorer_;
  std::vector<CallerAd> ads_;
};

}  // namespace barker
