// A query whose user, query and groups are mapped and pooled once and whose ads come one by one
// (extension barker.prepared/1). It shares the ownership of what served when it began and holds no
// pin, so that no control call waits for it. One thread at a time; the plugin must outlive
// it.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "plugin/answer.h"
#include "plugin/barker.h"
#include "plugin/serving.h"
#include "plugin/workspace.h"

namespace barker {

class Plugin;

class PreparedQuery {
 public:
  // Throws std::bad_alloc where there is no memory for the workspace.
  PreparedQuery(Plugin& plugin, const Serving& serving, WorkspacePool::Lease lease,
                const CheckedRequest& request);
  // Counts all of it as one query: bypassed where every ad was, partial where one was cut short or
  // bypassed.
  ~PreparedQuery();
  PreparedQuery(const PreparedQuery&) = delete;
  PreparedQuery& operator=(const PreparedQuery&) = delete;

  // What served when it began. It never changes.
  const Serving& serving() const { return serving_; }
  // The request of one ad: what check_single_ad() fills.
  CheckedRequest& request() { return request_; }
  // Answers the ad that request() points to. False: the response's text buffer is too small.
  bool score(barker_response& response);
  // P(attracted) of keywords, NaN where there is none. Throws std::bad_alloc.
  void attraction(std::span<const std::string_view> keywords, double* probabilities);
  // Whether the rules forbid each keyword for ads of its category: 1 or 0. Throws std::bad_alloc.
  void judge(std::span<const std::string_view> keywords,
             std::span<const std::string_view> categories, uint8_t* verdicts);

 private:
  void add_to_total(const Answer& answer);
  bool is_forbidden(std::string_view keyword, RuleMask applying) const;

  Plugin& plugin_;
  const Serving serving_;
  const Treatment treatment_;
  const RuledGeneration& weights_;  // of serving_
  const WorkspacePool::Lease lease_;
  Workspace& workspace_;
  CheckedRequest request_;  // without texts
  const Basis basis_;
  Answer total_;  // of the ads so far; no ads or text of theirs
  uint64_t answered_ = 0, bypassed_ = 0;
  bool read_keywords_ = false;  // scored or judged some
};

}  // namespace barker
