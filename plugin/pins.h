// Pins keep what serves alive while a query or a reader looks at it (hazard pointers): weights and
// rules are freed only when no pin holds them. Taking one needs no lock and no scratch memory, and
// there is no limit to how many are held at once.
#pragma once

#include <atomic>
#include <utility>

#include "plugin/free_list.h"
#include "plugin/serving.h"

namespace barker {

class Pins {
  struct alignas(64) Node : FreeListNode<Node> {
    std::atomic<const Serving*> pinned{nullptr};
  };

 public:
  // Empty where there was no memory for it. Given back when it goes out of scope, by any thread.
  class Pin {
   public:
    Pin(Pin&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}
    Pin& operator=(Pin&&) = delete;
    ~Pin() {
      if (!node_) return;
      node_->pinned.store(nullptr, std::memory_order_release);
      FreeList<Node>::give_back(*node_);
    }
    explicit operator bool() const { return node_ != nullptr; }
    const Serving& operator*() const { return *node_->pinned.load(std::memory_order_relaxed); }
    const Serving* operator->() const { return &**this; }

   private:
    friend class Pins;
    explicit Pin(Node* node) : node_(node) {}
    Node* node_;
  };

  // [any thread] Pins what `current` points to.
  Pin take(const std::atomic<const Serving*>& current) noexcept;

  // [control thread] Waits until `serving` is not pinned. It must not be current any more. A pin
  // that another thread of the parent held when this process was forked is not waited for.
  void wait_until_unused(const Serving* serving) const;

 private:
  FreeList<Node> nodes_;
};

}  // namespace barker
