package dev.kiln.tests.cuda.driver;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** What each function of the driver does, and what it needs. */
final class FunctionTable {
  /** What must be there before a function can be called. */
  enum Need {
    NOTHING,
    INITIALISED,
    /** A context that is current and has no fault. */
    CONTEXT
  }

  /** What a function does. */
  interface Action {
    /**
     * @param context the current one; {@code null} for functions that need none
     * @throws DriverError for any status but success
     */
    void call(DriverContext context, CallValues values);
  }

  /** A function. */
  record Entry(Need need, Action action) {}

  /** These give something back even if they report an error of work before them. */
  private static final Set<String> RELEASES =
      Set.of(
          "cuMemFree_v2",
          "cuMemFreeAsync",
          "cuMemFreeHost",
          "cuMemHostUnregister",
          "cuMemPoolDestroy",
          "cuModuleUnload",
          "cuStreamDestroy_v2",
          "cuEventDestroy_v2",
          "cuGraphDestroy",
          "cuGraphExecDestroy",
          "cuDevicePrimaryCtxRelease_v2");

  private final Map<String, Entry> entries = new HashMap<>();

  void add(Need need, String name, Action action) {
    if (entries.put(name, new Entry(need, action)) != null) {
      throw new IllegalStateException("twice: " + name);
    }
  }

  void inContext(String name, Action action) {
    add(Need.CONTEXT, name, action);
  }

  Entry entry(String name) {
    Entry entry = entries.get(name);
    if (entry == null) {
      throw new IllegalStateException("the stand-in does not know " + name);
    }
    return entry;
  }

  boolean knows(String name) {
    return entries.containsKey(name);
  }

  static boolean isRelease(String name) {
    return RELEASES.contains(name);
  }
}
