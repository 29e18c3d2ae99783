#include "plugin/workspace.h"

#include <new>

namespace barker {

Workspace* WorkspacePool::Lease::workspace_for(const Serving& serving,
                                               const RuledGeneration& weights) const noexcept {
  if (!node_) return nullptr;
  for (const auto& workspace : node_->workspaces) {
    if (workspace && workspace->bound_generation == weights.id()) return workspace.get();
  }
  auto& workspace = node_->workspaces[weights.generation == serving.canary.generation ? 1 : 0];
  try {
    if (!workspace) workspace = std::make_unique<Workspace>();
  } catch (const std::bad_alloc&) {  // Forward allocates
  }
  return workspace.get();
}

}  // namespace barker
