#include "plugin/workspace.h"

#include <functional>
#include <thread>

namespace barker {

WorkspacePool::Lease WorkspacePool::take(const std::atomic<const Serving*>& current) {
  // A thread comes back to the entry it used last: its memory is warm and nobody else wants it.
  static thread_local size_t start =
      std::hash<std::thread::id>{}(std::this_thread::get_id()) % kMostQueries;
  for (size_t i = 0; i < kMostQueries; ++i) {
    const size_t index = (start + i) % kMostQueries;
    Entry& entry = entries_[index];
    if (entry.taken.load(std::memory_order_relaxed) ||
        entry.taken.exchange(true, std::memory_order_acquire)) {
      continue;
    }
    start = index;
    Lease lease(this, index);
    // Announce, then look again: once the second look agrees, the control thread, which first moves
    // `current` and then reads the announcements, cannot miss this one.
    const Serving* serving = current.load(std::memory_order_acquire);
    for (;;) {
      entry.pinned.store(serving, std::memory_order_seq_cst);
      const Serving* again = current.load(std::memory_order_seq_cst);
      if (again == serving) return lease;
      serving = again;
    }
  }
  return {};
}

Workspace& WorkspacePool::Lease::workspace_for(const RuledGeneration& weights) const {
  auto& workspaces = pool_->entries_[index_].workspaces;
  for (const auto& workspace : workspaces) {
    if (workspace && workspace->bound_generation == weights.generation->id) return *workspace;
  }
  auto& workspace = workspaces[weights.generation == serving().canary.generation ? 1 : 0];
  if (!workspace) workspace = std::make_unique<Workspace>();
  return *workspace;
}

void WorkspacePool::give_back(size_t index) {
  entries_[index].pinned.store(nullptr, std::memory_order_release);
  entries_[index].taken.store(false, std::memory_order_release);
}

void WorkspacePool::wait_until_unused(const Serving* serving) const {
  for (const Entry& entry : entries_) {
    while (entry.pinned.load(std::memory_order_seq_cst) == serving) std::this_thread::yield();
  }
}

}  // namespace barker
