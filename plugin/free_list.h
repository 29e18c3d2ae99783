// A list of nodes that threads take and give back without a lock. It grows by a node when all are
// taken and never shrinks, so that it has no limit of its own and as many nodes as were taken at
// one moment. A thread comes back to the node that it used last: its memory is warm, and no other
// thread is likely to want it.
#pragma once

#include <atomic>
#include <cstdint>
#include <new>
#include <utility>

#include "plugin/fork.h"

namespace barker {

// The base of a node. Its fields belong to the list.
template <typename Node>
struct FreeListNode {
  std::atomic<uint64_t> taken{0};  // 0: free; else 1 + fork_count() when it was taken
  Node* next = nullptr;            // constant once the node is in the list

  // Taken by a thread that is not in this process, because the process was forked meanwhile.
  bool is_orphan() const noexcept {
    const uint64_t at = taken.load(std::memory_order_relaxed);
    return at != 0 && at != 1 + fork_count();
  }
};

template <typename Node>  // derived from FreeListNode<Node>, made without arguments
class FreeList {
 public:
  FreeList() = default;
  FreeList(const FreeList&) = delete;
  FreeList& operator=(const FreeList&) = delete;
  // An orphan is left as it is: its thread may have been in the middle of changing it.
  ~FreeList() {
    for (Node* node = head_.load(); node;) {
      Node* const next = node->next;
      if (!node->is_orphan()) delete node;
      node = next;
    }
  }

  // [any thread] Null where a node is needed and there is no memory for it.
  Node* take() noexcept {
    // By the list's number, not its address: another list may come to lie where this one was.
    static thread_local std::pair<uint64_t, Node*> last{0, nullptr};
    if (last.first == id_ && try_to_take(*last.second)) return last.second;
    Node* node = head_.load(std::memory_order_seq_cst);
    while (node && !try_to_take(*node)) node = node->next;
    if (!node && !(node = add())) return nullptr;
    last = {id_, node};
    return node;
  }

  static void give_back(Node& node) noexcept { node.taken.store(0, std::memory_order_release); }

  // [any thread] Visits every node that was in the list at the call, taken or not.
  template <typename Visit>
  void for_each(Visit visit) const {
    for (Node* node = head_.load(std::memory_order_seq_cst); node; node = node->next) visit(*node);
  }

 private:
  static bool try_to_take(Node& node) noexcept {
    uint64_t free = 0;
    return node.taken.load(std::memory_order_relaxed) == free &&
           node.taken.compare_exchange_strong(free, 1 + fork_count(), std::memory_order_acquire);
  }

  // A new node, taken. The order is sequentially consistent because Pins relies on it.
  Node* add() noexcept {
    Node* const node = new (std::nothrow) Node;
    if (!node) return nullptr;
    node->taken.store(1 + fork_count(), std::memory_order_relaxed);
    node->next = head_.load(std::memory_order_relaxed);
    while (!head_.compare_exchange_weak(node->next, node, std::memory_order_seq_cst)) {
    }
    return node;
  }

  static uint64_t next_id() noexcept {
    static std::atomic<uint64_t> ids{0};
    return ids.fetch_add(1, std::memory_order_relaxed) + 1;
  }

  const uint64_t id_ = next_id();
  std::atomic<Node*> head_{nullptr};
};

}  // namespace barker
