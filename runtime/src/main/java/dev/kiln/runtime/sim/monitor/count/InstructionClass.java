package dev.kiln.runtime.sim.monitor.count;

/** What kind of work an instruction is. Each instruction is of one class. */
public enum InstructionClass {
  INTEGER("integer", "integer"),
  FP32("fp32", "fp32"),
  FP16("fp16", "fp16/bf16"),
  FP64("fp64", "fp64"),
  SPECIAL("special", "special function"),
  CONVERSION("conversion", "conversion"),
  CONTROL("control", "control"),
  GLOBAL("global", "global memory"),
  SHARED("shared", "shared memory"),
  LOCAL("local", "local memory"),
  CONSTANT("constant", "constant memory"),
  PARAMETER("parameter", "parameters"),
  GENERIC("generic", "generic memory"),
  TENSOR("tensor", "tensor"),
  SHUFFLE("shuffle", "shuffle/vote/match/redux"),
  BARRIER("barrier", "barrier/fence"),
  ASYNC_COPY("asyncCopy", "async copy"),
  MOVE("move", "move/other");

  private final String key;
  private final String title;

  InstructionClass(String key, String title) {
    this.key = key;
    this.title = title;
  }

  /** The name in JSON. */
  public String key() {
    return key;
  }

  /** The name in tables. */
  public String title() {
    return title;
  }
}
