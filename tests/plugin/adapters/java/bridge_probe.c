/* The bridge, and one function that asks the plugin again and again without leaving C, so that one
 * run measures both ways to the same answer. */
#include <time.h>

#include "plugin/adapters/java/barker_jni.c"

static int64_t now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* Nanoseconds of `times` calls of the plugin for a request that is read once; negative: a code. */
JNIEXPORT jlong JNICALL Java_com_barker_BridgeCost_direct(JNIEnv* env, jclass type, jlong handle,
                                                          jobject request, jint size,
                                                          jobject scratch, jint scratch_capacity,
                                                          jobject response, jint response_capacity,
                                                          jint times) {
  (void)type;
  char* bytes = (*env)->GetDirectBufferAddress(env, response);
  barker_request asked;
  if (!read_request((*env)->GetDirectBufferAddress(env, request), size,
                    (*env)->GetDirectBufferAddress(env, scratch), scratch_capacity, &asked)) {
    return -1;
  }
  const int64_t begin = now_ns();
  for (jint i = 0; i < times; ++i) {
    const int32_t code = answer(from_handle(handle), &asked, bytes, response_capacity);
    if (code != BARKER_OK) return -code;
  }
  return now_ns() - begin;
}
