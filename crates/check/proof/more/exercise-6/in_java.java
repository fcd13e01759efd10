// verdict: core
// In Java: windows of a mapping, each released by Unsafe.invokeCleaner: else a mapping lives until the
// garbage collector finds it.
import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

import sun.misc.Unsafe;

class Main {
    static final long WINDOW = 1 << 28;
    static Unsafe unsafe;

    public static void main(String[] words) throws ReflectiveOperationException {
        Field field = Unsafe.class.getDeclaredField("theUnsafe");
        field.setAccessible(true);
        unsafe = (Unsafe) field.get(null);
        long allLines = 0, allBytes = 0;
        int status = 0;
        for (int i = 1; i < words.length; i++) {
            try (FileChannel file = FileChannel.open(Path.of(words[i]))) {
                long size = file.size(), lines = 0;
                for (long at = 0; at < size; at += WINDOW) {
                    MappedByteBuffer memory = file.map(
                        FileChannel.MapMode.READ_ONLY, at, Math.min(WINDOW, size - at));
                    lines += newlines(memory);
                    unsafe.invokeCleaner(memory);
                }
                System.out.println(lines + " " + size + " " + words[i]);
                allLines += lines;
                allBytes += size;
            } catch (IOException error) {
                System.err.println("error: " + words[i] + ": " + error);
                status = 1;
            }
        }
        if (words.length > 2) System.out.println(allLines + " " + allBytes + " total");
        System.exit(status);
    }

    static long newlines(MappedByteBuffer memory) {
        long lines = 0;
        int length = memory.capacity();
        for (int at = 0; at < length; at++)
            if (memory.get(at) == '\n') lines++;
        return lines;
    }
}
