// An answer explained, as the JSON object that plugin/barker.h describes (extension
// barker.explain/1).
#pragma once

#include <string>

#include "plugin/answer.h"
#include "plugin/workspace.h"

namespace barker {

// `workspace` and `answer` are as answer_query() left them; nothing is answered again, so that it
// is this answer that is explained. workspace: null where there was none. Allocates, and may throw
// std::bad_alloc.
std::string explain_answer(const CheckedRequest& request, const Basis& basis, Workspace* workspace,
                           const Answer& answer);

}  // namespace barker
