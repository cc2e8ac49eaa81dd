package dev.kiln.compiler.frontend.ops;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** What the table says about functions that the prelude defines. */
public final class PreludeSignatures {
  private PreludeSignatures() {}

  /** Parameter names by function. */
  public static Map<String, List<String>> all() {
    return OperationTable.instance().all().stream()
        .filter(builtin -> builtin.preludeFunction().isPresent())
        .collect(
            Collectors.toMap(
                builtin -> builtin.preludeFunction().orElseThrow(),
                builtin ->
                    builtin.signature().parameters().stream()
                        .map(Signature.Parameter::name)
                        .toList()));
  }

  /** Numbers of parameters of the functions of libdevice, by their names in the prelude. */
  public static Map<String, Integer> libdevice() {
    return LibdeviceFunctions.IN_PRELUDE.stream()
        .collect(
            Collectors.toMap(
                name -> "libdevice_" + name,
                name ->
                    OperationTable.instance()
                        .find(LibdeviceOperations.MODULE + "." + name)
                        .orElseThrow()
                        .signature()
                        .parameters()
                        .size()));
  }
}
