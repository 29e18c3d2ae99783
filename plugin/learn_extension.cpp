// The extension barker.learn/1: users' own states, and the calls of the plugin behind it.

#include <utility>

#include "plugin/boundary.h"
#include "plugin/extension_tables.h"
#include "plugin/query.h"

namespace barker {

Result<UserState> Plugin::learn(const CheckedRequest& given, std::span<const barker_shown> shown) {
  CheckedRequest request = given;
  const std::string_view before(static_cast<const char*>(given.request.user_state),
                                given.request.user_state_size);
  request.request.user_state_size = 0;  // the context is to be without it
  request.request.deadline_ns = 0;
  const Pins::Pin pin = pins_.take(current_);
  if (!pin) throw std::bad_alloc();
  const WorkspacePool::Lease lease = workspaces_.take();
  const Treatment treatment = treatment_of(request.request, *pin->experiments);
  const RuledGeneration& weights =
      pin->weights_for(view(request.request.user), treatment.policy.weights);
  if (!weights.generation) return Status(Code::kFailedPrecondition, "there are no weights");
  const Generation& generation = *weights.generation;
  const size_t dim = generation.network().dot_dim;
  if (dim == 0) {
    return Status(Code::kUnsupported, generation.file->path() + ": the model has no dot product");
  }
  Workspace* const workspace = lease.workspace_for(*pin, weights);
  if (!workspace) throw std::bad_alloc();
  UserState state;
  if (read_user_state(before, generation.tower_version, dim, state) != UserStateUse::kUsed) {
    state.reset(generation.tower_version, dim, config_.state_prior_variance);
  }
  Answer uncounted;
  const Basis basis{config_, &weights, pin->rules.get(), treatment};
  Query query(request, basis, *workspace, uncounted);
  query.set_context();  // without a deadline it is always set
  query.learn(shown, state);
  return state;
}

void Plugin::read_learning(int32_t role, barker_learning& learning) const {
  const std::shared_ptr<const Generation> asked = generation(role);
  if (!asked) return;
  learning.generation = asked->id;
  learning.tower = asked->tower_version;
  learning.state_size = asked->tower_version == 0 ? 0 : user_state_size(asked->network().dot_dim);
}

UserStateUse Plugin::describe_state(std::string_view state, UserStateHead& head) const {
  const std::shared_ptr<const Generation> serving = generation(BARKER_ROLE_SERVING);
  const size_t dim = serving ? serving->network().dot_dim : 0;
  return read_user_state_head(state, serving ? serving->tower_version : 0, dim, head);
}

namespace {

int32_t read_states(barker_plugin* plugin, int32_t role, barker_learning* out) {
  return guard(nullptr, [&]() -> int32_t {
    if (!plugin || !out || out->struct_size < sizeof(uint64_t) || !is_role(role)) {
      return BARKER_E_INVALID_ARGUMENT;
    }
    barker_learning filled{};
    plugin->plugin.read_learning(role, filled);
    give(filled, out);
    return BARKER_OK;
  });
}

int32_t update(barker_plugin* plugin, const barker_request* request, const barker_shown* shown,
               uint64_t shown_count, uint64_t shown_stride, void* state, uint64_t capacity,
               uint64_t* size, char* error) {
  return guard(error, [&]() -> int32_t {
    if (size) *size = 0;
    if (!plugin) return no_plugin(error);
    if (!size || (capacity > 0 && !state)) {
      return fail(error, BARKER_E_INVALID_ARGUMENT, "state or size is NULL");
    }
    CheckedRequest checked;
    if (!read_request_without_ads(request, checked, error)) return BARKER_E_INVALID_ARGUMENT;
    const Result<std::vector<barker_shown>> points = read_shown(shown, shown_count, shown_stride);
    if (!points.ok()) return finish(points.status(), error);
    const Result<UserState> learned = plugin->plugin.learn(checked, *points);
    if (!learned.ok()) {
      const bool lacks = learned.status().code() == Code::kUnsupported;
      return fail(error, lacks ? BARKER_E_UNSUPPORTED : BARKER_E_NO_WEIGHTS,
                  learned.status().message());
    }
    const size_t needed = user_state_size(learned->mean.size());
    *size = needed;
    if (capacity < needed) {
      return fail(error, BARKER_E_TOO_SMALL,
                  "capacity: expected at least " + std::to_string(needed) + ", found " +
                      std::to_string(capacity));
    }
    write_user_state(*learned, {static_cast<char*>(state), needed});
    count(plugin->plugin.counters().user_states_learned);
    return BARKER_OK;
  });
}

int32_t describe(barker_plugin* plugin, const void* state, uint64_t size,
                 barker_state_description* out) {
  return guard(nullptr, [&]() -> int32_t {
    if (!plugin || !out || out->struct_size < sizeof(uint64_t) || (size > 0 && !state)) {
      return BARKER_E_INVALID_ARGUMENT;
    }
    UserStateHead head;
    const UserStateUse use =
        plugin->plugin.describe_state({static_cast<const char*>(state), size}, head);
    barker_state_description filled{};
    filled.use = use == UserStateUse::kUsed         ? BARKER_STATE_USED
                 : use == UserStateUse::kOtherTower ? BARKER_STATE_OTHER_TOWER
                                                    : BARKER_STATE_DAMAGED;
    filled.impressions = head.impressions;
    filled.tower = head.tower_version;
    give(filled, out);
    return BARKER_OK;
  });
}

}  // namespace

const barker_learn kLearn = {sizeof(barker_learn), read_states, update, describe};

}  // namespace barker
