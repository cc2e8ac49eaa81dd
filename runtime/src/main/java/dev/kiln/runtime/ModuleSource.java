package dev.kiln.runtime;

import dev.kiln.compiler.diagnostics.Source;
import dev.kiln.compiler.python.FileImports;
import dev.kiln.compiler.python.KernelFiles;
import dev.kiln.compiler.python.ResourceImports;
import dev.kiln.compiler.syntax.ImportResolver;
import dev.kiln.compiler.syntax.KernelFile;
import dev.kiln.runtime.cache.JarDirectory;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The text of a kernel file, and where its imports are looked for. */
sealed interface ModuleSource {
  /** The name under which messages speak of the file. */
  String name();

  /** Tells files of the same text apart whose imports or messages differ. */
  String place();

  /** Changes whenever the file does: its text, or what is known to change with it. */
  byte[] mark();

  /**
   * Reads the file's syntax.
   *
   * @throws dev.kiln.compiler.diagnostics.CompilationException if a kernel in it is not well formed
   */
  Syntax parse();

  /** Whether a file that an import looked for is as it was; empty for one that was not there. */
  boolean isUnchanged(String place, Optional<String> text);

  /**
   * The syntax of a file.
   *
   * @param imports which remember what they looked for
   */
  record Syntax(KernelFile file, ImportResolver imports) {
    /** The text of other files that were looked for so far, by place. */
    Map<String, Optional<String>> filesSeen() {
      Map<String, Optional<String>> seen =
          switch (imports) {
            case ResourceImports resources -> resources.filesSeen();
            case FileImports files -> files.filesSeen();
            default -> new TreeMap<>();
          };
      seen.values().removeIf(text -> text.isPresent() && text.get() == file.source().text());
      return seen;
    }
  }

  /** A text without imports. */
  record Text(String name, String text) implements ModuleSource {
    @Override
    public String place() {
      return "text " + name;
    }

    @Override
    public byte[] mark() {
      return text.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public Syntax parse() {
      return new Syntax(KernelFiles.load(new Source(name, text)), ImportResolver.NONE);
    }

    @Override
    public boolean isUnchanged(String place, Optional<String> text) {
      return false;
    }
  }

  /** A file. */
  record OnDisk(Path path, byte[] bytes) implements ModuleSource {
    /**
     * @throws IOException if it cannot be read, a {@link CharacterCodingException} if it is no text
     */
    static OnDisk read(Path path) throws IOException {
      return new OnDisk(path, Files.readAllBytes(path));
    }

    @Override
    public byte[] mark() {
      return bytes;
    }

    @Override
    public String name() {
      return path.toString();
    }

    @Override
    public String place() {
      return "file " + path.toAbsolutePath().normalize() + " as " + path;
    }

    @Override
    public Syntax parse() {
      var imports = new FileImports();
      try {
        String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        return new Syntax(imports.load(path, text), imports);
      } catch (CharacterCodingException e) {
        throw new KilnException(path + " is not text in UTF-8");
      }
    }

    @Override
    public boolean isUnchanged(String place, Optional<String> text) {
      var file = new File(place);
      if (text.isEmpty()) {
        return !file.isFile();
      }
      try {
        return Arrays.equals(
            Files.readAllBytes(file.toPath()), text.get().getBytes(StandardCharsets.UTF_8));
      } catch (IOException e) {
        return false;
      }
    }
  }

  /**
   * A resource.
   *
   * @param loader finds it and what it imports
   * @param jar holds it; null where that is not known. Then that jar comes before all others
   */
  record Resource(ClassLoader loader, JarDirectory jar, String name) implements ModuleSource {
    /**
     * @param anchor a class of the jar that may hold the resource
     * @throws KilnException if there is none of that name
     */
    static Resource find(Class<?> anchor, String name) {
      JarDirectory jar = JarDirectory.of(anchor);
      return jar != null && jar.contains(name)
          ? new Resource(new JarFirst(anchor.getClassLoader(), jar), jar, name)
          : find(anchor.getClassLoader(), name);
    }

    /**
     * @throws KilnException if there is none of that name
     */
    static Resource find(ClassLoader loader, String name) {
      if (loader.getResource(name) == null) {
        throw new KilnException("no such resource: " + name);
      }
      return new Resource(loader, null, name);
    }

    @Override
    public String place() {
      return "resource ".concat(name);
    }

    @Override
    public byte[] mark() {
      return jar != null ? jar.mark() : text();
    }

    @Override
    public Syntax parse() {
      var imports = new ResourceImports(loader);
      return new Syntax(imports.load(name, new String(text(), StandardCharsets.UTF_8)), imports);
    }

    @Override
    public boolean isUnchanged(String place, Optional<String> text) {
      if (jar != null && jar.contains(place)) {
        return text.isPresent(); // as the mark says
      }
      if (text.isEmpty()) {
        return loader.getResource(place) == null;
      }
      byte[] now = bytes(place);
      return now != null && Arrays.equals(now, text.get().getBytes(StandardCharsets.UTF_8));
    }

    private byte[] text() {
      byte[] text = bytes(name);
      if (text == null) {
        throw new KilnException("no such resource: " + name);
      }
      return text;
    }

    /** Null if there is none. */
    private byte[] bytes(String wanted) {
      try (InputStream in = loader.getResourceAsStream(wanted)) {
        return in == null ? null : in.readAllBytes();
      } catch (IOException e) {
        throw new KilnException("cannot read resource " + wanted + ": " + e.getMessage(), e);
      }
    }
  }

  /** Reads resources of one jar, and others as another loader does. */
  final class JarFirst extends ClassLoader {
    private final JarDirectory jar;

    JarFirst(ClassLoader parent, JarDirectory jar) {
      super(parent);
      this.jar = jar;
    }

    @Override
    public InputStream getResourceAsStream(String name) {
      byte[] content = jar.read(name);
      return content != null ? new ByteArrayInputStream(content) : super.getResourceAsStream(name);
    }
  }
}
