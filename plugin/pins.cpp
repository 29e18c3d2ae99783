#include "plugin/pins.h"

#include <thread>

namespace barker {

Pins::Pin Pins::take(const std::atomic<const Serving*>& current) noexcept {
  Pin pin(nodes_.take());
  if (!pin) return pin;
  // Announce, then look again. The control thread first moves `current`, then reads the list and
  // the announcements. All of this is in one total order, so that it cannot miss an announcement
  // that the second look agreed with.
  const Serving* serving = current.load(std::memory_order_acquire);
  for (;;) {
    pin.node_->pinned.store(serving, std::memory_order_seq_cst);
    const Serving* again = current.load(std::memory_order_seq_cst);
    if (again == serving) return pin;
    serving = again;
  }
}

void Pins::wait_until_unused(const Serving* serving) const {
  nodes_.for_each([&](const Node& node) {
    while (node.pinned.load(std::memory_order_seq_cst) == serving && !node.is_orphan()) {
      std::this_thread::yield();
    }
  });
}

}  // namespace barker
