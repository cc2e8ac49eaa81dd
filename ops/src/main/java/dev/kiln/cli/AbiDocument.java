package dev.kiln.cli;

import dev.kiln.compiler.gpu.KernelAbi;
import dev.kiln.compiler.gpu.KernelAbi.Parameter;
import dev.kiln.compiler.gpu.KernelAbi.Source;
import dev.kiln.compiler.gpu.KernelAbi.TensorBox;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** How a kernel is launched, as a JSON document for launchers in other languages. */
final class AbiDocument {
  private AbiDocument() {}

  static String of(KernelAbi abi) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("entry", abi.entry());
    document.put("threads", abi.threads());
    document.put("clusterBlocks", abi.clusterBlocks());
    document.put("sharedBytes", abi.sharedBytes());
    document.put("scratchBytesPerProgram", abi.scratchBytesPerProgram());
    document.put("parameterBytes", abi.parameterBytes());
    document.put("parameters", abi.parameters().stream().map(AbiDocument::parameter).toList());
    return JsonOutput.of(document);
  }

  private static Map<String, Object> parameter(Parameter parameter) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", parameter.name());
    json.put("kind", parameter.kind().name().toLowerCase(Locale.ROOT));
    json.put("argument", parameter.argument());
    json.put("offset", parameter.offset());
    json.put("bytes", parameter.bytes());
    parameter.box().ifPresent(box -> json.put("box", box(box, parameter.argument())));
    return json;
  }

  private static Map<String, Object> number(Source source) {
    return source.isArgument()
        ? Map.of("argument", source.argument())
        : Map.of("number", source.number());
  }

  private static Map<String, Object> box(TensorBox box, int pointer) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("dtype", box.dtype().shortName());
    json.put("extents", box.extents());
    json.put("swizzle", box.swizzle());
    json.put("padWithNan", box.padWithNan());
    List<Map<String, Object>> tensor =
        box.tensor(pointer).stream().map(AbiDocument::number).toList();
    int rank = box.extents().size();
    json.put("tensorExtents", tensor.subList(0, rank));
    json.put("tensorStrides", tensor.subList(rank, 2 * rank));
    return json;
  }
}
